// Questions that hang on an answer appear with it. Without a script they are all there, each says when it is meant,
// and the server drops what was not asked.
(() => {
  "use strict";
  const form = document.querySelector("[data-questionnaire]");
  if (!form) return;
  const settle = () => {
    const asked = new Set();
    for (const box of form.querySelectorAll("[data-question]")) {
      const { question, after, answers } = box.dataset;
      const chosen = (value) => form.querySelector(`[name="q${after}"][value="${value}"]`)?.checked;
      box.hidden = Boolean(after) && !(asked.has(after) && answers.trim().split(" ").some(chosen));
      if (!box.hidden) asked.add(question);
    }
  };
  form.addEventListener("change", settle);
  window.addEventListener("pageshow", settle);
  settle();
})();
