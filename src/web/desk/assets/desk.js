// The keyboard, live counts, and keeping what was typed. Everything on the desk works without this file.
//
// It is loaded in the head and not deferred: a page is shown while it is still read, and a key that is pressed as soon
// as something can be seen has to find a listener. What needs the whole page starts when the page is there.
"use strict";

(() => {
  // What becomes of a key, for whoever drives the page by a program: `waiting` for the rest of the page, `ready`, or
  // `leaving`, when the next page is on its way.
  const say = (state) => {
    document.documentElement.dataset.keys = state;
  };

  // A form was sent, or a link followed: a key now could only break that off, and a decision with it, or decide about
  // a draft that somebody was leaving. Escape stops a browser from loading, so it gives the keys back.
  let leaving = false;
  const leave = () => {
    leaving = true;
    say("leaving");
  };
  const stay = () => {
    leaving = false;
    say("ready");
  };

  // Keys that come before the page is there wait for it.
  const early = [];
  let act = null;
  document.addEventListener("keydown", (event) => {
    if (act) act(event);
    else early.push(event);
  });
  say("waiting");
  document.addEventListener("DOMContentLoaded", () => {
    act = start();
    stay();
    for (const event of early.splice(0)) {
      // What follows a key that opened a field was meant for the field; taken for keys, its letters would decide.
      if (event.target === document.activeElement || !isField(document.activeElement)) act(event);
    }
  });
  const isField = (element) => element?.matches("textarea, select, input:not([type=checkbox]):not([type=radio])") ?? false;

  const start = () => {
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

    // A value that is there on the next page too. Private windows may forbid it; then there is none.
    const kept = (storage, key) => ({
      read() {
        try {
          return JSON.parse(window[storage].getItem(key) || "null");
        } catch {
          return null;
        }
      },
      write(value) {
        try {
          if (value) window[storage].setItem(key, JSON.stringify(value));
          else window[storage].removeItem(key);
        } catch {
          // The page itself still has it.
        }
      },
    });

    // Whoever takes a draft goes on reading where they were.
    const place = kept("sessionStorage", "nightdesk:place");
    const before = place.read();
    place.write(null);
    if (lease && before?.path === location.pathname) scrollTo(0, before.top);
    one("#claim")?.addEventListener("submit", () => place.write({ path: location.pathname, top: scrollY }));

    // What was typed survives a closed tab, a crash and a refused form.
    const store = kept("localStorage", lease && `nightdesk:${lease.dataset.item}`);
    const inputs = textForm ? all("textarea[name=text], input[name^='part.']", textForm) : [];
    const edited = () => inputs.some((input) => input.value !== input.dataset.original);
    if (textForm) {
      const typed = store.read();
      const same = typed && typed.length === inputs.length && typed.every((value, at) => value === inputs[at].value);
      if (typed && typed.length === inputs.length && !same && !edited()) {
        const offer = document.createElement("p");
        offer.className = "card";
        offer.append("You had edited this draft before. ");
        const back = document.createElement("button");
        back.type = "button";
        back.textContent = "Bring my text back";
        back.addEventListener("click", () => {
          inputs.forEach((input, at) => {
            input.value = typed[at];
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
    }
    // The form may be sent again: its key is the same, so the server knows whether it had arrived.
    const again = () => {
      all("form[data-verdict]").forEach((form) => delete form.dataset.sent);
      stay();
    };
    // A page that the browser kept shows what was true then; what was typed comes back from the store above.
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      leave();
      location.reload();
    });
    // Behind the listeners of the forms themselves, which refuse a second click. A form without a key may be answered
    // by a file, and then its page stays.
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (!event.defaultPrevented && (form.dataset.verdict || one("[data-key]", form))) leave();
    });
    const follow = (link) => {
      if (!link) return;
      leave();
      link.click();
    };

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
          for (const problem of field.problems) place.textContent += `${place.textContent && "; "}${problem}`;
          place.classList.toggle("over", field.over || field.problems.length > 0);
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
      one(".line", rows[chosen]).focus({ preventScroll: true });
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
        one("textarea, input[type=checkbox], input:not([type=hidden])", panel)?.focus({ preventScroll: true });
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

    return (event) => {
      // A browser leaves the focus on the button of a dialog that was closed until it lays the page out again, and a
      // key that comes before then is still that button's.
      const gone = event.target.closest("dialog:not([open])");
      const target = gone ? document.body : event.target;
      if (leaving) {
        if (event.key === "Escape") again();
        else if (event.key === "Enter" && !isField(target)) event.preventDefault();
        return;
      }
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
          follow(one('a[data-key="Escape"]'));
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
        follow(one('a[data-key="j"]'));
      } else if (event.key === "k" || event.key === "ArrowLeft") {
        history.back();
      }
    };
  };
})();
