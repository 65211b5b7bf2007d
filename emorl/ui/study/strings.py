"""Text of the Study screen."""

from __future__ import annotations

from emorl.ui.strings import RANKING
from emorl.ui.writing.strings import MIXER

STUDY = {
    **RANKING,
    **{name: MIXER[name] for name in ("preset_balanced", "preset_base", "preset_equal", "preset_only", "failed")},
    "heading": "Studies",
    "refresh": "Refresh",
    "list_heading": "Your studies",
    "list_empty": "There is no study yet.",
    "list_name": "Study",
    "list_design": "Raters see",
    "open_study": "Show",
    "back": "All studies",
    "designs": {"pairs": "Pairs to choose from", "single": "Single texts to rate"},
    "none": "none",
    # the form of a new one
    "new_heading": "New study",
    "new_hint": "Raters see statements with texts and are not told what wrote them. Once a study is made, only "
    "statements and raters can be added to it.",
    "name": "Name of the study",
    "design": "What raters see",
    "design_help": "In pairs, every two methods meet on each statement.",
    "import_label": "Statements",
    "import_hint": "CSV with the column statement or, for texts that people wrote, further columns such as "
    "reply:counsellor; or JSON lines with statement and replies. Invented or de-identified statements only.",
    "import_example": "statement,reply:counsellor\n"
    '"I never get round to calling them.","Calling them keeps slipping away."',
    "import_file": "Take them from a file",
    "import_not_utf8": "Got a file that is not UTF-8 text: expected CSV or JSON lines; save it as “CSV UTF-8”.",
    "import_too_long": "Got {got} bytes of statements: expected at most {max}; add the others to the study later.",
    "methods_legend": "Texts that the models write",
    "methods_hint": "Leave this empty if people wrote all texts. Each method is a column of its own in the results. At "
    "temperature 0 the most likely word is always chosen; “best of” writes that many texts and takes the best by its "
    "scores. Random choices follow from the study's seed.",
    "methods_loading": "The models are still loading. Press Refresh in a moment.",
    "method_add": "Add a method",
    "method_label": "Method {n}",
    "method_preset": "Weights",
    "method_own": "Own weights",
    "method_strength": "Strength",
    "method_temperature": "Temperature",
    "method_best_of": "Best of",
    "method_remove": "Take out",
    "ratings_per_item": "Raters for each item",
    "items_per_rater": "Items for each rater",
    "seed": "Seed (empty: drawn)",
    "guidelines": "Guidelines for raters (optional)",
    "guidelines_help": "Raters read them first, and find them beside each item. An example of each scale, or of "
    "choosing between two texts, is always there.",
    "training_label": "Training items (optional)",
    "training_hint": "Every rater gets them first and sees the expected answer afterwards; they count in no result. "
    "CSV or JSON lines with statement and why (one sentence). For pairs also first, second and choice; for single "
    "texts also text and some of depth, empathy, fluency and would_say. Answers are written as in the codebook.",
    "training_example": "statement,first,second,choice,why\n"
    '"I keep putting it off.","You put it off, and it stays on your mind.","Just do it.",first,'
    '"The second gives advice."',
    "training_file": "Take training items from a file",
    "training_too_long": "Got {got} bytes of training items: expected at most {max}; use fewer.",
    "make": "Make the study",
    "making": "Reading the statements",
    "faults_heading": "What to correct",
    # one study
    "counts_heading": "Progress",
    "counts": {
        "lines": "Statements",
        "written": "of these, with texts",
        "items": "Items for raters",
        "same": "Pairs left out, because the words were the same",
        "full": "Items with enough answers",
        "answers": "Answers",
    },
    "setup": "{design}. Raters for each item: {ratings}. Items for each rater: {items}. Seed: {seed}. Training items: "
    "{training}.",
    "methods_heading": "Methods",
    "people": "{name} (written by people)",
    "write_heading": "Texts",
    "write_hint": "The models write one statement after the other while this page is open. Stop whenever you like and "
    "go on later.",
    "write": "Write the texts",
    "write_stop": "Stop",
    "write_running": "Writing. Statements with their texts so far: {written} of {lines}.",
    "write_progress": "Statements with their texts: {written} of {lines}.",
    "write_stopped": "Stopped. Statements with their texts: {written} of {lines}.",
    "problems_heading": "Statements without texts",
    "problem": "Statement {number}: {reason}",
    "raters_heading": "Raters",
    "raters_hint": "A link opens the study for one rater, on any device. Send it only to that person.",
    "raters_none": "There are no raters yet.",
    "raters_labels": "New raters, one line each",
    "raters_labels_help": "Initials or a number are enough; please no names.",
    "invite": "Make links",
    "invited": "These links are shown only now. Copy them before you go on.",
    "invited_copy": "Copy all links",
    "copied": "Copied",
    "invited_line": "{label}: {link}",
    "rater": "Rater",
    "rater_done": "Answered",
    "rater_of": "{done} of {given}",
    "rater_trained": "Training",
    "rater_last": "Last answer (UTC)",
    "rater_state": "Link",
    "rater_open": "open",
    "rater_revoked": "closed",
    "revoke": "Close link",
    "revoke_label": "Close the link of {label}",
    "revoked": "The link is closed. The answers stay.",
    "agreement_heading": "Agreement",
    "agreement_hint": "Krippendorff's alpha: 1 is perfect agreement, 0 is what chance would give. Only items that two "
    "or more raters judged are counted; “not sure” counts as no answer.",
    "scale": "Question",
    "units": "Shared",
    "unsure": "Not sure",
    "alpha": "Alpha",
    "scales": {
        "choice": "Choice",
        "depth": "Depth",
        "empathy": "Empathy",
        "fluency": "Fluency",
        "would_say": "Would say",
    },
    "add_heading": "More statements",
    "add_hint": "With the same columns of written texts as before.",
    "add": "Add them",
    "added": "Added.",
    "export_heading": "Export",
    "export_hint": "The CSV files open in Excel as they are; XLSX and Parquet have the codebook inside. Comments may "
    "repeat what a client said; they are left out unless you tick the box.",
    "export_comments": "With comments",
    "export_training": "With answers to training items",
    "export_answers": "Answers (CSV)",
    "export_answers_xlsx": "Answers (XLSX)",
    "export_answers_parquet": "Answers (Parquet)",
    "export_codebook": "Codebook (CSV)",
    "export_preferences": "Choices for TRL (JSON lines)",
    "exported": "{name} is ready: {n} rows.",
    "exported_one": "{name} is ready: one row.",
    "delete_heading": "Delete the study",
    "delete_hint": "Its statements, texts, raters and answers are deleted for good.",
    "delete_confirm": "Type DELETE to confirm",
    "delete_word": "DELETE",
    "delete": "Delete for good",
}

ERRORS = {
    "form": "Got a form that the app cannot read: expected the fields of this page; please reload it.",
    "models": "Got methods for models that are not loaded yet: expected them ready; please try again in a moment.",
    "crisis": "Got text that speaks of a crisis: expected a statement that the app may write for; take the line out.",
    "language": "Got text that seems not to be English: expected English; take the line out.",
    "export": "Got an export that the app does not know: expected answers in one of its formats, codebook or "
    "preferences; choose again.",
    "delete": "Got {got} as confirmation: expected DELETE; nothing was deleted.",
}
