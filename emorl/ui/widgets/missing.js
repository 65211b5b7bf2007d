// What a form still lacks.
import { fill } from "./dom.js";

// Which questions still need an answer, in words; empty where none does.
export function missingFields(fields, T) {
  if (!fields.length) return "";
  return fill(T.missing, { fields: fields.map((field) => T[field].toLowerCase().replace("?", "")).join(", ") });
}
