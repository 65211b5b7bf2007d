"""Text of the About screen. Formulas are filled in by `screen.py`, because LaTeX needs characters not allowed here."""

from __future__ import annotations

LEAD = (
    "Several small helpers, each trained for one aim only, write the reply together. Every next word is a vote in "
    "which each helper counts as much as you say."
)

METHOD = """
## What this is

You type what a client said and say how much each objective should matter. A small language model then
writes a reflective reply, and the app shows what each objective contributed to every word. It is a
research demo of EMORL, ensemble multi-objective reinforcement learning (Kong et al., SIGDIAL 2025, arXiv
2505.02579).

## How it writes

For each objective, one adapter of the same base model was trained by reinforcement learning, with that
objective's scorer as the only reward. At every step the base model and all adapters read the same text,
their last hidden states are mixed with your weights, and the next word is chosen from the mixture. At
strength 1 a word needs support from every objective in proportion to its weight. Nothing is retrained when
you move a slider, and with all weights at zero you get the base model's own reply.

Unless you choose "one" under the sliders, several replies are written so, most of them with some chance in the choice
of words. The one that looks best to an automatic estimate is shown, and the others stand below it. The estimate is
often wrong.
"""

FORMULAS_LABEL = "The same in formulas"
FORMULAS = """
The base model's last hidden state is {h0}, after the final norm, and each adapter's is {hk}. The sliders' values
{wk} become shares that add up to one, {share}. With strength {s}, the next word is chosen from

{mix}

where {head} is the output matrix that all of them share. Because it is linear, at strength 1 this is a product of
experts: every adapter gives each word a probability, and the probability of a word in the mixture is

{product}

scaled so that all of them add up to one. For the same reason the lead of the written word {y} over its runner-up {r}
splits exactly into the bars that you see, one for the base model and one for each objective:

{margin}

When one share changes while the others keep their proportions, every word's score moves along a straight line. The
written word stays first until one of these lines crosses its own. That is the range the app shows.
"""

LIMITS = """
## What the bars mean

The mixing is linear, so the explanation is exact: for each word, the base model's part and every
objective's part add up to the margin by which that word beat its runner-up. "Unchanged for a share of 20%
to 60%" means: while that objective's share of the mix stays in this range and the other objectives keep
their proportions, the same word comes first. The bars describe this text and this model. They do not say
which of the client's words mattered, and they are not evidence about the client.

## What it is not

* It is **not** for clinical use, not for clients, not for assessing risk, and it gives no advice or
  diagnosis.
* It does not recognise emotions or mental states; it continues text.
* The automatic scores come from models trained on the same objectives as the adapters. They favour this
  app's own output and are not a clinical judgement.
* The crisis check is a list of phrases. It misses most indirect speech and raises false alarms. Never rely
  on it, and never take a reply as a sign that a statement is safe.
* The base model is very small and writes English only. Expect replies that miss the point, repeat the
  client, or invent things. Nothing here has been validated clinically.

## Using it responsibly

* Enter invented statements, or ones from which everything that could identify a person has been removed.
* Read every reply as a beginner's first draft. What you would say yourself is the better measure; the app
  keeps your own version beside its own.
* Do not use scores or ratings to judge a counsellor, a trainee or a client.
* When a statement speaks of danger, follow your own crisis protocol, whatever the app shows.
* In teaching, show the limits together with the sliders.

## Privacy

* The app runs on the machine it was started on. It sends no statement to any other service and keeps no
  run history.
* A statement that you type is held in memory while you read the reply. With a rating only its SHA-256
  fingerprint is stored, unless you tick the box to store the statement itself and your own version of the
  reflection. What you send to blind rating is stored with its statement; you are asked first.
* Your browser keeps a random rater id and the version of the welcome notice you agreed to, and nothing
  else. The maintainer can delete everything stored under that id.
* A link that you share holds the setting of the sliders, and the statement only if you tick that. It is all in the
  fragment of the address, which browsers send to no server; whoever gets the link can read it.
* If you tick "Keep over a reload", the tab keeps what you typed, the rating you began and the reflections of the
  visit while the page is loaded again (sessionStorage). They go with the tab.
* If a crisis phrase is found, nothing is written and nothing is stored. The rules that look for one are made for
  English; a statement in another language gets contacts and no reflection.
* Whoever runs the app may keep ratings in a private dataset, so that they survive a restart. A host such
  as a Hugging Face Space can see the traffic of the apps that it runs.

## Licences

| what | licence |
|---|---|
| this app, its statements and examples | Apache-2.0 |
| base model, SmolLM2-135M-Instruct | Apache-2.0 |
| adapters and scorers that are shipped | Apache-2.0 |
"""

CONTACTS = {
    "heading": "Crisis contacts",
    "note": "Check these numbers locally before you rely on them. They were written from general knowledge; numbers, "
    "hours and costs change.",
    "scroll": "Wide content that scrolls sideways",
}

CARD = "Model card"
NO_CARD = "The models in use have no model card."
VERSION = "Version {version}"
