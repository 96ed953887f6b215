// What the pages do quicker with a script; each of them works without.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  // Light and dark: the choice is a cookie, so that the server sends the page in the right one.
  const toggleTheme = () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  };

  // Tick boxes of a list: tick all on the page, count, tell whether all matching rows are meant.
  const rowBoxes = (form) => [...form.querySelectorAll("tbody input[type=checkbox]")];
  const countTicks = (form) => {
    const boxes = rowBoxes(form);
    const ticked = boxes.filter((box) => box.checked).length;
    const matching = form.querySelector("input[name=all_matching]");
    const all = form.querySelector("[data-tick-all]");
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    for (const place of form.querySelectorAll("[data-ticked]")) {
      place.textContent = matching && matching.checked ? matching.dataset.total : ticked;
    }
    for (const button of form.querySelectorAll(".bulk-bar [type=submit], .bulk-bar button:not([type])")) {
      button.disabled = ticked === 0 && !(matching && matching.checked);
    }
  };

  // What needs a reason is not sent without one, and the ticks stay: <button data-needs="reason"> <input name="reason" data-missing="…">.
  const reasonFirst = (event) => {
    const needed = (event.submitter?.dataset.needs || "").split(" ").map((name) => event.target.elements[name]);
    const field = needed.find((one) => one && !one.value.trim());
    if (!field) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    field.setCustomValidity(field.dataset.missing);
    field.reportValidity();
    const forget = () => field.setCustomValidity("");
    for (const name of ["input", "blur"]) field.addEventListener(name, forget, { once: true });
  };

  // A question before something happens: <button data-confirm="…">, or <form data-confirm-all="…"> if all matching are meant.
  const confirmFirst = (event) => {
    const button = event.submitter;
    const dialog = document.getElementById("confirm");
    const all = event.target.querySelector("input[name=all_matching]")?.checked && event.target.dataset.confirmAll;
    const question = all || button?.dataset.confirm;
    if (!button || !question || !dialog || button.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    dialog.querySelector("p").textContent = question;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") return;
      button.dataset.confirmed = "yes";
      event.target.requestSubmit(button);
      delete button.dataset.confirmed;
    }, { once: true });
    dialog.showModal();
  };

  // j and k move along the rows, x ticks, Enter opens the first link.
  const rowKeys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog, [contenteditable]")) return;
    const rows = [...document.querySelectorAll("form[data-ticks] tbody tr, table[data-keys] tbody tr")];
    const at = rows.indexOf(document.activeElement?.closest("tr"));
    if (event.key === "j" || event.key === "k") {
      const row = rows[event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0)];
      if (!row) return;
      row.tabIndex = -1;
      row.focus();
      row.scrollIntoView({ block: "nearest" });
      event.preventDefault();
    } else if (event.key === "x" && at >= 0) {
      rows[at].querySelector("input[type=checkbox]")?.click();
    } else if (event.key === "Enter" && document.activeElement === rows[at]) {
      rows[at].querySelector("a[href]")?.click();
    }
  };

  // At the counter: Esc goes back to the number, F2 on to the next reason.
  const counterKeys = (event) => {
    const field = document.querySelector("[data-counter]");
    if (!field || (event.key !== "Escape" && event.key !== "F2")) return false;
    const reasons = [...document.querySelectorAll("[data-counter-reason]")];
    const next = event.key === "F2" ? reasons[(reasons.indexOf(document.activeElement) + 1) % reasons.length] : field;
    if (!next) return false;
    event.preventDefault();
    next.focus();
    next.select();
    return true;
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const words = button.lastElementChild;
    const before = words.textContent;
    words.textContent = button.dataset.copied;
    setTimeout(() => { words.textContent = before; }, 2000);
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
  document.addEventListener("submit", reasonFirst, true);
  document.addEventListener("submit", confirmFirst, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = event.target.closest("details.menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
    }
    if (!counterKeys(event)) rowKeys(event);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-ticks]");
    if (!form) return;
    if (event.target.matches("[data-tick-all]")) {
      for (const box of rowBoxes(form)) box.checked = event.target.checked;
    }
    countTicks(form);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  const start = () => {
    document.querySelectorAll("form[data-ticks]").forEach(countTicks);
    document.querySelector("[data-counter][aria-invalid]")?.select();
  };
  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:afterSettle", start);
  window.addEventListener("pageshow", start);
})();
