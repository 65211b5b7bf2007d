// What a form still lacks.
import { fill } from "./dom.js";

// Says what is missing where the first of it is asked, as the end of the form may be out of view, and goes there. An
// answer takes the words away again.
export function pointOut(problem, question) {
  const options = question.querySelector(".options");
  const taken = () => {
    problem.textContent = "";
  };
  options.before(problem);
  options.querySelector("input").focus();
  question.closest("form").addEventListener("change", taken, { once: true });
}

// Which questions still need an answer, in words; empty where none does.
export function missingFields(fields, T) {
  if (!fields.length) return "";
  return fill(T.missing, { fields: fields.map((field) => T[field].toLowerCase().replace("?", "")).join(", ") });
}
