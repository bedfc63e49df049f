// The keyboard, live counts, and keeping what was typed. Everything on the desk works without this file.
"use strict";

(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const lease = one("#lease");
  const textForm = one('form[data-verdict="approve_with_edits"]');

  const post = (path, fields) =>
    fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields),
    });

  // Facts light up with the marks that are about them.
  const light = (fact, on) => {
    for (const element of all("[data-fact]")) {
      if (element.dataset.fact === fact) element.classList.toggle("lit", on);
    }
  };
  for (const element of all("[data-fact]")) {
    const fact = element.dataset.fact;
    for (const event of ["mouseenter", "focusin"]) element.addEventListener(event, () => light(fact, true));
    for (const event of ["mouseleave", "focusout"]) element.addEventListener(event, () => light(fact, false));
  }

  // The claim lives as long as the page is looked at.
  const lost = one("#lost");
  const beat = async () => {
    if (!lease || document.visibilityState !== "visible" || !lost.hidden) return;
    const { item, token, csrf } = lease.dataset;
    try {
      const answer = await post(`/items/${item}/heartbeat`, { token, csrf });
      if (answer.status === 409) {
        const told = await answer.json();
        lost.textContent = `${told.message}. Your text stays on this page.`;
        lost.hidden = false;
      }
    } catch {
      // The network is away; the next beat tries again, and the server judges every write.
    }
  };
  if (lease) {
    setInterval(beat, 20000);
    document.addEventListener("visibilitychange", beat);
  }

  // What was typed survives a closed tab, a crash and a refused form.
  const store = {
    key: lease && `nightdesk:${lease.dataset.item}`,
    read() {
      try {
        return JSON.parse(localStorage.getItem(this.key) || "null");
      } catch {
        return null;
      }
    },
    write(value) {
      try {
        if (value) localStorage.setItem(this.key, JSON.stringify(value));
        else localStorage.removeItem(this.key);
      } catch {
        // Private windows may forbid it; the page itself still has the text.
      }
    },
  };
  const inputs = textForm ? all("textarea[name=text], input[name^='part.']", textForm) : [];
  const edited = () => inputs.some((input) => input.value !== input.dataset.original);
  if (textForm) {
    const kept = store.read();
    const same = kept && kept.length === inputs.length && kept.every((value, at) => value === inputs[at].value);
    if (kept && kept.length === inputs.length && !same && !edited()) {
      const offer = document.createElement("p");
      offer.className = "card";
      offer.append("You had edited this draft before. ");
      const back = document.createElement("button");
      back.type = "button";
      back.textContent = "Bring my text back";
      back.addEventListener("click", () => {
        inputs.forEach((input, at) => {
          input.value = kept[at];
        });
        offer.remove();
        measure();
      });
      offer.append(back);
      textForm.before(offer);
      textForm.closest("details").open = true;
    }
    for (const form of all("form[data-verdict]")) {
      form.addEventListener("submit", (event) => {
        if (form.dataset.sent) {
          event.preventDefault();
          return;
        }
        form.dataset.sent = "1";
        // Anything but this form's own text is decided now; a refused form brings it back from the page itself.
        if (form === textForm) store.write(inputs.map((input) => input.value));
        else store.write(null);
      });
    }
    // Back from the next page: the form may be sent again, and the server knows whether it was.
    addEventListener("pageshow", () => all("form[data-verdict]").forEach((form) => delete form.dataset.sent));
  }
  // A page that the browser kept shows what was true then; what was typed comes back from the store above.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // Counted as the channel counts, by the server: a script's own count would differ for the emoji that matter.
  let waiting;
  const measure = async () => {
    if (!lease) return;
    const fields = new URLSearchParams(new FormData(textForm));
    try {
      const answer = await fetch(`/items/${lease.dataset.item}/check`, { method: "POST", body: fields });
      if (!answer.ok) return;
      for (const field of (await answer.json()).fields) {
        const place = all("[data-count]", textForm).find(
          (count) => count.dataset.count === field.name && Number(count.dataset.place) === field.place,
        );
        if (!place) continue;
        place.textContent = field.length === 0 && field.name !== "text" ? "" : `${field.length} of ${field.limit} ${field.unit}`;
        if (field.over) place.textContent += `, ${field.length - field.limit} too many`;
        place.classList.toggle("over", field.over);
      }
    } catch {
      // Counts come back with the network.
    }
  };
  for (const input of inputs) {
    input.addEventListener("input", () => {
      store.write(edited() ? inputs.map((of) => of.value) : null);
      clearTimeout(waiting);
      waiting = setTimeout(measure, 200);
    });
  }

  // Ten seconds to take a decision back.
  const undo = one("#undo");
  if (undo) {
    const left = one("[data-left]", undo);
    let seconds = Number(undo.dataset.seconds);
    const tick = () => {
      if (seconds <= 0) {
        undo.remove();
        return;
      }
      left.textContent = `${seconds} s`;
      seconds -= 1;
      setTimeout(tick, 1000);
    };
    tick();
  }

  // The next draft is there before it is asked for.
  const next = one('.pager a[rel="next"]');
  if (next) {
    const prefetch = document.createElement("link");
    prefetch.rel = "prefetch";
    prefetch.href = next.href;
    document.head.append(prefetch);
  }

  // Rows of the queue, by j and k.
  const rows = all("#rows .row");
  let chosen = -1;
  const choose = (at) => {
    if (!rows.length) return;
    rows[chosen]?.classList.remove("chosen");
    chosen = Math.max(0, Math.min(rows.length - 1, at));
    rows[chosen].classList.add("chosen");
    one(".line", rows[chosen]).focus();
    rows[chosen].scrollIntoView({ block: "nearest" });
  };

  const help = () => {
    let dialog = one("#keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.id = "keys";
      dialog.setAttribute("aria-label", "Keys");
      const list = document.createElement("dl");
      for (const [key, what] of [
        ["j, k, ↓, ↑", "next, previous"],
        ["Enter", "open, take, commit"],
        ["a", "approve"],
        ["e", "edit"],
        ["r", "send back for a new draft"],
        ["x", "reject"],
        ["1–9", "reasons"],
        ["Ctrl+Enter", "decide and go on"],
        ["u", "take back"],
        ["Esc", "leave a field, go back to the queue"],
        ["?", "this list"],
      ]) {
        const term = document.createElement("dt");
        const said = document.createElement("dd");
        const shown = document.createElement("kbd");
        shown.textContent = key;
        term.append(shown);
        said.textContent = what;
        list.append(term, said);
      }
      const close = document.createElement("button");
      close.textContent = "Close";
      close.addEventListener("click", () => dialog.close());
      dialog.append(list, close);
      document.body.append(dialog);
    }
    if (dialog.open) dialog.close();
    else dialog.showModal();
  };

  // Opens a panel; where the draft is nobody's yet, takes it and comes back with the panel open.
  const openPanel = (id) => {
    const panel = document.getElementById(id);
    if (panel) {
      panel.open = true;
      panel.scrollIntoView({ block: "nearest" });
      one("textarea, input[type=checkbox], input:not([type=hidden])", panel)?.focus();
      return;
    }
    const claim = one("#claim");
    if (!claim) return;
    claim.elements.open.value = id;
    claim.requestSubmit();
  };
  const panels = { e: "edit", r: "regenerate", x: "reject" };
  if (lease && location.hash) {
    const asked = document.getElementById(location.hash.slice(1));
    if (asked?.tagName === "DETAILS") openPanel(asked.id);
  }

  const isField = (element) => element.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const form = target.closest("form[data-verdict]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const commit = form || one("details[name=decide][open] form[data-verdict]");
      if (commit) {
        event.preventDefault();
        commit.requestSubmit();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (one("#keys")?.open) return;
      const panel = target.closest("details[name=decide]") || one("details[name=decide][open]");
      if (panel && panel.open) {
        panel.open = false;
        one("#decide-title").scrollIntoView({ block: "nearest" });
        target.blur();
        event.preventDefault();
      } else if (isField(target)) {
        target.blur();
      } else {
        one('a[data-key="Escape"]')?.click();
      }
      return;
    }
    // Silent while somebody types.
    if (isField(target)) return;
    if (event.key === "?") {
      event.preventDefault();
      help();
      return;
    }
    if (event.key === "Enter") {
      // On a link or a button Enter does what it does everywhere.
      if (target.matches("a, button, summary")) return;
      const open = one("details[name=decide][open] form[data-verdict]");
      const button = open ? one("button", open) : one('button[data-key="Enter"]');
      if (button) {
        event.preventDefault();
        button.click();
      }
      return;
    }
    const reason = one(`#reject[open] input[data-key="${CSS.escape(event.key)}"]`);
    if (reason) {
      event.preventDefault();
      reason.checked = !reason.checked;
      return;
    }
    if (rows.length) {
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        choose(chosen + step);
      }
      return;
    }
    if (panels[event.key]) {
      event.preventDefault();
      openPanel(panels[event.key]);
    } else if (event.key === "a") {
      const approve = one('button[data-key="a"]');
      if (approve) approve.click();
      else openPanel("decide");
    } else if (event.key === "u") {
      one('button[data-key="u"]')?.click();
    } else if (event.key === "j" || event.key === "ArrowRight") {
      one('a[data-key="j"]')?.click();
    } else if (event.key === "k" || event.key === "ArrowLeft") {
      history.back();
    }
  });
})();
