"""Text of the Rate screen."""

from __future__ import annotations

from emorl.ui.strings import RUBRIC

QUEUE = {
    **RUBRIC,
    "heading": "Rate reflections",
    "loading": "Loading your queue",
    "consent_heading": "Before you begin",
    "consent_points": [
        "You will see invented client statements, each with one reflection to rate or two to choose from. "
        "You are not told who or what wrote them until you have answered.",
        "What is stored: your answers, how long they took, and a random rater id that is kept in this browser. "
        "No name and no address. Please leave client details out of comments.",
        "You may skip any item, stop at any time and come back later. The maintainer can delete everything "
        "stored under your rater id.",
    ],
    "study_points": [
        "You will see client statements, each with one text to rate or two to choose from. You are not told who or "
        "what wrote them.",
        "What is stored: your answers, how long they took, and a random rater id. Whoever runs the study knows which "
        "rater's link is yours. Please leave client details out of comments.",
        "You may skip any item, stop at any time and go on later with the same link, on any device. Whoever runs the "
        "study can delete everything.",
    ],
    "study_training": "It begins with {n} training items. After each you see the expected answer; they do not count.",
    "study_training_one": "It begins with a training item. After it you see the expected answer; it does not count.",
    "training": "Training item: you will see the expected answer after your own. It does not count.",
    "lesson_heading": "The expected answer",
    "lesson_line": "Expected: {expected}. Your answer: {given}.",
    "lesson_none": "none",
    "lesson_next": "Go on",
    "guidelines": "Guidelines",
    "study_done": "You have done all items that this study has for you. You may close the page.",
    "study_wait": "There is no item for you at the moment. Please ask whoever sent you the link.",
    "consent_tick": "I have read this and agree",
    "consent_missing": "Please tick the box first.",
    "start": "Start",
    "progress": "{done} of {total} done",
    "progress_label": "Progress",
    "statement": "The client said",
    "single": "Reflection",
    "left": "Left",
    "right": "Right",
    "choice": "Which reflection is better?",
    "choice_help": "As a reply to this client, in your own work.",
    "choice_options": {"left": "Left", "right": "Right", "tie": "Tie", "both_bad": "Both bad"},
    "mark": "Mark words",
    "mark_end": "Finish marking",
    "mark_group": "Words of the text. Press those that are wrong.",
    "flags": "Anything wrong with it? (optional)",
    "flags_left": "Anything wrong with the left one? (optional)",
    "flags_right": "Anything wrong with the right one? (optional)",
    "flags_options": {
        "malformed": "Broken language",
        "contradicts": "Contradicts the client",
        "parroting": "Only repeats the client",
        "off_topic": "Off topic",
        "unverifiable": "Claims something the client did not say",
    },
    "unsure": "Not sure",
    "depth_anchors": {
        "none": "Reflects nothing",
        "simple": "Says the same again",
        "complex": "Adds meaning or feeling",
    },
    "empathy_anchors": {"0": "Misses the feeling", "1": "Touches on it", "2": "Shows understanding"},
    "fluency_anchors": {"0": "Hard to follow", "1": "Clear, but odd", "2": "As people speak"},
    "would_say_anchors": {"no": "Not like this", "edits": "After a small change", "yes": "As it stands"},
    "examples_heading": "Examples for each scale",
    "examples_statement": "My brother rings every Sunday. I let it ring, and then I feel bad all evening.",
    "examples": {
        "depth": {
            "none": "You should talk to your brother.",
            "complex": "Letting it ring spares you the talk, but not the evening.",
        },
        "empathy": {
            "0": "Your brother rings every Sunday.",
            "2": "The ringing stops, and the bad feeling stays with you all evening.",
        },
        "fluency": {
            "0": "You are letting ring your brother and feel bad evening.",
            "2": "You let it ring, and then you feel bad all evening.",
        },
        "would_say": {
            "no": "I'm sure your brother understands.",
            "yes": "You let it ring, and the evening is spoilt.",
        },
    },
    "example": "{level}: “{text}”",
    "pair_heading": "An example: which of two is better?",
    "pair_example": {
        "left": "You let it ring, and then you feel bad all evening.",
        "right": "Letting it ring spares you the talk, but not the evening.",
    },
    "pair_why": "The right one is better. Both keep to what the client said. The left one says it again in the "
    "client's own words; the right one shows what it comes to: letting it ring avoids the talk, and the evening is "
    "spoilt all the same. Had the right one spoken of anger at the brother, the left one would be "
    "better, because the client never said so. If two are equally good, choose “Tie”; if you would say neither, choose "
    "“Both bad”.",
    "keys": "The number keys answer the question that is marked and move on to the next; 1 is the first answer, 0 is "
    "“Not sure”. Enter submits and shows the next item. Neither does anything while you type a comment.",
    "submit": "Submit",
    "skip": "Skip this item",
    "skip_legend": "Why skip it?",
    "skip_options": {
        "cannot_judge": "I cannot judge this",
        "upsetting": "It upsets me",
        "faulty": "The item is broken",
        "other": "Another reason",
    },
    "skip_confirm": "Skip",
    "skip_cancel": "Go back",
    "skip_missing": "Please choose a reason.",
    "undo": "Undo last answer",
    "draft_saving": "Saving draft",
    "draft_saved": "Draft saved",
    "draft_failed": "The draft is not saved yet; the app will try again.",
    "offline": "The app did not answer. Your answers are still here; please try again.",
    "sending": "Sending",
    "submitted": "Your answer is saved.",
    "skipped": "Skipped.",
    "reveal": "Show what wrote it",
    "reveal_single": "Written by: {setting}",
    "reveal_left": "Left: {setting}",
    "reveal_right": "Right: {setting}",
    "reveal_note": "If you undo this and answer the item again, the new answer is counted separately, because it is no "
    "longer blind.",
    "done_heading": "All done, thank you",
    "done_body": "You have finished your queue ({n} items). Reflections that you send here later are added to its end.",
    "done_body_one": "You have finished your queue (one item). Reflections that you send here later are added to its "
    "end.",
    "rater": "Your rater id: {rater}",
}

ERRORS = {
    "form": "Got a form that the app cannot read: expected answers to choose from; please reload the page.",
    "rater": "Got no rater id: expected the one that this page was given; please reload the page.",
    "study": "Got the id of a rater in a study: expected the code in the link; please open the link you were sent.",
    "blind": "Got a question for what wrote a text of a study: expected none; its raters are not told.",
    "unexpected": "Your answer could not be saved. It is still here; please try again. The app's log has the details.",
}
