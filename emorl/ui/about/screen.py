"""The About screen: what the app is, how it writes in words and formulas, its limits, licences, contacts, model card.

Formulas are drawn by the KaTeX that comes with Gradio, so nothing is asked of another host. The model card is the one
beside the served models. Left out: anything that depends on the user.
"""

from __future__ import annotations

import re

import gradio as gr

import emorl
from emorl.errors import EmorlError
from emorl.models.folder import models_dir
from emorl.safety import crisis_contacts
from emorl.ui.about import strings
from emorl.ui.payload import to_page
from emorl.ui.widgets import widget
from emorl.ui.widgets.contacts import contact_payloads

DELIMITERS: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
FORMULAS = {
    "h0": r"$h_0$",
    "hk": r"$h_k$",
    "wk": r"$w_k$",
    "s": r"$s$",
    "head": r"$W$",
    "y": r"$y$",
    "r": r"$r$",
    "share": r"$\hat w_k = w_k / \sum_j w_j$",
    "mix": r"$$ \begin{gathered} f = h_0 + s \sum_k \hat w_k \, (h_k - h_0) \\ \text{logits} = W f \end{gathered} $$",
    "product": r"$$ p(\text{word}) \;\propto\; \prod_k \, p_k(\text{word})^{\hat w_k} $$",
    # in two lines, so that it fits a phone
    "margin": r"$$ \begin{gathered} (W_y - W_r) f = \underbrace{(W_y - W_r) h_0}_{\text{base}} \\ "
    r"{} + \sum_k \underbrace{s \, \hat w_k (W_y - W_r)(h_k - h_0)}_{\text{objective } k} \end{gathered} $$",
}


def model_card() -> str:
    """Text of the MODEL_CARD.md beside the models in use, as a part of this page; empty without such a file.

    Its title gives way to the screen's own, and its headings go one level down.
    """
    try:
        path = models_dir() / "MODEL_CARD.md"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
    except (EmorlError, OSError):  # a missing models folder is reported where the models load
        return ""
    text = re.sub(r"\A# .*\n", "", text)
    return re.sub(r"^(#+ )", r"#\1", text, flags=re.M)


def about_screen() -> None:
    """Add the screen's components to the open `gr.Blocks`."""
    with gr.Column(elem_id="about"):
        gr.Markdown(strings.LEAD, elem_id="about-lead")
        gr.Markdown(strings.METHOD)
        with gr.Accordion(strings.FORMULAS_LABEL, open=False, elem_id="about-formulas"):
            gr.Markdown(strings.FORMULAS.format(**FORMULAS), latex_delimiters=DELIMITERS)
        gr.Markdown(strings.LIMITS)
        contacts = [to_page(one) for one in contact_payloads(crisis_contacts())]
        widget("about", text=strings.CONTACTS, settings={"contacts": contacts})
        with gr.Accordion(strings.CARD, open=False, elem_id="about-card"):
            gr.Markdown(model_card() or strings.NO_CARD)
        gr.Markdown(strings.VERSION.format(version=emorl.__version__))
