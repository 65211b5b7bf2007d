"""Text of the Practise screen, and of the sheet that it saves."""

from __future__ import annotations

TOPICS = {
    "smoking": "Smoking",
    "alcohol": "Alcohol",
    "food": "Food",
    "diabetes": "Diabetes",
    "medicines": "Medicines",
    "exercise": "Exercise",
    "sleep": "Sleep",
    "grief": "Grief",
    "work": "Work",
    "parenting": "Parenting",
    "relationship": "Relationship",
    "anxiety": "Anxiety",
    "caring": "Caring for somebody",
    "loneliness": "Loneliness",
    "gambling": "Gambling",
    "pain": "Pain",
}

STAGE_NAMES = {
    "precontemplation": "Precontemplation",
    "contemplation": "Contemplation",
    "preparation": "Preparation",
    "action": "Action",
    "maintenance": "Maintenance",
}

DIFFICULTY_NAMES = {"1": "1, open", "2": "2, of two minds", "3": "3, guarded"}

PRACTISE = {
    "topics": TOPICS,
    "stages": STAGE_NAMES,
    "difficulties": DIFFICULTY_NAMES,
    "case_title": "What the client says",
    "source": "Whose words",
    "source_options": {"case": "A practice case", "own": "A statement of my own"},
    "filter_topic": "Topic",
    "filter_stage": "Stage of change",
    "filter_difficulty": "Difficulty",
    "any": "Any",
    "next": "Next case",
    "loading_case": "Opening the library",
    "no_case": "No case is like this. Choose “Any” in one of the lists.",
    "case_unavailable": "The app did not answer. Press Next case to try again.",
    "case_about": "Difficulty {difficulty} of 3",
    "invented": "Every case is invented.",
    "own_label": "What the client said",
    "own_placeholder": "Type an invented or de-identified statement.",
    "own_hint": "Invented or de-identified statements only, please.",
    "reply_label": "Your reflection",
    "reply_hint": "Write first, as you would say it. Examples come after you have tried.",
    "reply_placeholder": "One or two sentences, with no question at the end.",
    "counter": "{n} of {max} characters",
    "shortcut": "Ctrl + Enter",
    "go": "Show feedback",
    "go_again": "Show what changed",
    "missing_statement": "Please type what the client said first.",
    "missing_reply": "Please write a reflection first.",
    "waiting": "Reading your reflection",
    "feedback_title": "Feedback",
    "idle": "Your feedback appears here once you have written a reflection.",
    "limits": "Simple checks, and often wrong: a good reflection may be marked, a poor one not. They are no measure of "
    "a counsellor. No score is given, because the scorers do not know how people write. Talk it over with somebody who "
    "knows the work.",
    "try_name": "Try {n}",
    "changes_title": "Before and after",
    "changes_same": "The text is the same as in the try before.",
    "column_check": "Check",
    "words_title": "What each objective would change",
    "words_hint": "Choose an objective, then move over your words or step through them with the arrow keys.",
    "words_choose": "Objective",
    "words_label": "Your words. The left and right arrow keys move between them.",
    "key_more": "at least twice as likely with this objective",
    "key_less": "at most half as likely with this objective",
    "key_other": "it would write another word here",
    "words_summary": "Compared with the base model, {label} makes {more} of your {all} words at least twice as likely "
    "and {less} at most half as likely. Words for which it would write neither yours nor the base model's: {own}.",
    "word_more": "{label} makes this word {times} times as likely.",
    "word_less": "{label} makes this word {times} times less likely.",
    "word_even": "{label} hardly changes how likely this word is.",
    "word_other": "It would rather write “{other}”.",
    "word_joined": "It would rather write “{other}” for “{before} {word}”.",
    "word_end": "It would rather end here.",
    "word_base_too": "So would the base model.",
    "word_base_keeps": "The base model would write your word.",
    "word_base_other": "The base model would rather write “{other}”.",
    "word_base_end": "The base model would rather end here.",
    "word_kept": "It would write your word, or has nothing much better.",
    "words_limits": "Exact for these models, word by word, each after your own words before it. People write less "
    "predictably than a model, so another word is no better for being likelier.",
    "candidates_title": "Two reflections to compare with",
    "candidates_case": "Examples written for this case. They are not the only good ones, and the checks are often "
    "wrong about them too.",
    "candidates_model": "Written by the models, the best two of eight by their own scores. Nobody has read them: they "
    "may say what the client did not.",
    "candidates_pending": "The models are writing two reflections to compare with.",
    "candidates_none": "The models wrote nothing that can be shown for this statement.",
    "candidate_simple": "Example, simple",
    "candidate_complex": "Example, complex",
    "candidate_model": "By the models",
    "again": "Try again",
    "visit_title": "This visit",
    "visit_hint": "Your tries since you opened the page. They are kept on this page only and are gone when you close "
    "it. There is no mark and no ranking: what counts is whether a change was meant.",
    "visit_table": "Tries of this visit",
    "visit_none": "Nothing yet.",
    "visit_count": "{tries} on {cases}.",
    "tries": "{n} tries",
    "tries_one": "1 try",
    "cases": "{n} statements",
    "cases_one": "1 statement",
    "column_case": "Statement",
    "own_case": "Own statement",
    "sheet_title": "Sheet for supervision",
    "sheet_hint": "What was said, what you wrote and what the checks said, for somebody to talk over with you.",
    "sheet_texts": "With the statements and my reflections",
    "sheet_pdf": "Save as PDF",
    "sheet_csv": "Save as CSV",
    "sheet_saved": "Saved as {name}.",
    "sheet_failed": "The sheet could not be made. Please try again.",
}

CRISIS = {
    "heading": "This may be about suicide, self-harm or danger",
    "body": "Nothing was judged and nothing was stored. These models are not made to deal with risk. "
    "Follow your own crisis protocol. If someone is in danger now, call the emergency number.",
    "contacts": "People who can help now",
    "confirm": "I am a counsellor, and this is an invented exercise, not a person in danger.",
    "go": "Go on with this exercise",
    "changed": "The text has changed since this notice came. Press Show feedback first.",
}

LINES = {
    "feeling": "Feeling",
    "feeling_named": "A feeling is named: {words}.",
    "feeling_none": "No feeling is named in a word that the check knows.",
    "feeling_short": "none named",
    "copied": "Whose words",
    "copied_none": "In words of its own.",
    "copied_some": "Partly the client's words: {share}% stand in a row of three or more that the client said.",
    "copied_most": "Mostly the client's words: {share}% stand in a row of three or more that the client said.",
    "copied_short": "{share}% the client's",
    "checks": "Look again at",
    "checks_none": "Nothing: no advice, question, diagnosis, repetition, or sympathy with nothing behind it.",
    "checks_short": "nothing",
    "sympathy": "Sympathy that would fit any statement",
}
"""What the checks say of a reflection."""

SHEET = {
    "title": "Practice sheet for supervision",
    "made": "Made on {day} with EMORL reflections",
    "limits": "Statements are invented or de-identified. The checks are simple rules and often wrong. They "
    "are no clinical judgement, no mark, and no measure of a counsellor.",
    "statement": "The client",
    "reflection": "Try {n}",
    "notes": "Notes",
    "left_out": "(left out)",
    "missing_letters": "Some letters cannot be printed here and are shown as ?. The CSV file has them all.",
    "nothing": "Got no tries: expected at least one; write a reflection first.",
}
