// Before anything else on the page: where the browser forbids storage, Gradio would fail. This memory takes its place and
// is gone with the page.
try {
  window.localStorage.length;
} catch {
  const kept = new Map();
  const standIn = {
    getItem: (name) => (kept.has(name) ? kept.get(name) : null),
    setItem: (name, value) => {
      kept.set(name, String(value));
    },
    removeItem: (name) => {
      kept.delete(name);
    },
    clear: () => kept.clear(),
    key: (index) => [...kept.keys()][index] ?? null,
    get length() {
      return kept.size;
    },
  };
  Object.defineProperty(window, "localStorage", { value: standIn, configurable: true });
}
