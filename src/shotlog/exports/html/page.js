"use strict";
(() => {
  const form = document.querySelector("form");
  const box = form.querySelector("input");
  const told = form.querySelector("output");
  const letters = (element) => element.textContent.toLowerCase();
  const videos = [...document.querySelectorAll("section")].map((section) => {
    const list = section.querySelector(".clips");
    const clips = list ? [...list.children].map((clip) => [clip, letters(clip)]) : [];
    const own = [...section.children].filter((part) => part !== list).map(letters).join("\n");
    return { section, own, clips };
  });
  const all = videos.reduce((sum, video) => sum + video.clips.length, 0);

  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { section, own, clips } of videos) {
      const left = words.filter((word) => !own.includes(word));
      let here = 0;
      for (const [clip, text] of clips) {
        const fits = left.every((word) => text.includes(word));
        clip.hidden = !fits;
        here += fits;
      }
      section.hidden = !here && left.length > 0;
      shown += here;
    }
    const whole = `${all.toLocaleString("en")} ${all === 1 ? "clip" : "clips"}`;
    told.textContent = words.length ? `${shown.toLocaleString("en")} of ${whole}` : whole;
  };

  let waiting = 0;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 80);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
