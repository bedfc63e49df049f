// The page of a run counts along: each event carries every text of the box, ready to be shown.
"use strict";
(() => {
  const box = document.querySelector("[data-events]");
  if (!box || !window.EventSource) return;
  const source = new EventSource(box.dataset.events);
  const show = (event) => {
    const told = JSON.parse(event.data);
    for (const [name, text] of Object.entries(told)) {
      const place = box.querySelector(`[data-field="${name}"]`);
      if (place && place.textContent !== text) place.textContent = text;
    }
    const meter = box.querySelector("progress");
    if (meter) meter.value = told.percent;
  };
  source.addEventListener("progress", show);
  source.addEventListener("end", (event) => {
    show(event);
    source.close();
    // What it gave up, and what can be done now, is on the page of a run that has ended.
    location.replace(location.pathname);
  });
})();
