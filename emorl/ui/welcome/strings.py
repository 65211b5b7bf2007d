"""Text of the Welcome notice. Whoever changes what is agreed to raises its version in `screen.py`."""

from __future__ import annotations

WELCOME = {
    "title": "Welcome",
    "lead": "A practice and research demo for counsellors. You decide what a reflection should do, and read what a "
    "small language model then writes.",
    "example_heading": "For example",
    "example_said": "A client says:",
    "example_slider": "Empathy",
    "example_help": "Written beforehand by the models that come with the app. The rest of this mix is reflection. "
    "Move the slider yourself.",
    "how_heading": "How it works",
    "how": [
        "You type something a client might have said, and the app writes a reflection.",
        "Each slider is one objective, such as empathy. It sets how much that objective counts, from not at all to "
        "fully.",
        "A version of the model was trained for each objective. Together they choose every word, in your mix.",
        "When you move a slider, you get the reflection of another mix. The model does not learn from you.",
        "Each word can be explained: choose it to see which objective favoured it, and which word came second.",
    ],
    "limits_heading": "What it is not",
    "limits": [
        "Not for clinical use, not for clients, and not for judging risk. It gives no advice and no diagnosis.",
        "What it writes may be wrong, and may miss the point. You decide what, if anything, you would say.",
        "Enter invented or de-identified statements only: no names, places or dates of a real person.",
    ],
    "kept_heading": "What is kept",
    "kept": [
        "A statement stays in the app's memory while you work. It is stored only if you tick a box to allow that.",
        "Your browser keeps the version of this notice and a random rater id, and nothing else unless you tick “Keep "
        "over a reload”. Ratings you save are stored under that id. Make a note of it if you may want them deleted.",
    ],
    "rater": "Your rater id:",
    "copy": "Copy",
    "copied": "Copied",
    "consent": "I have read this and will enter invented or de-identified statements only.",
    "missing": "Please tick the box, then press Start. You need to agree before you can use the app.",
    "start": "Start",
    "close": "Close",
}
