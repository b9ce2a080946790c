// Keys, panels and the picture viewer. Whatever has data-key is clicked by that key; keys typed into a field are text.
(() => {
  const scope = () => document.querySelector(".panel.open") || document;
  const typing = (target) => target.closest("input, textarea, select");

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { close(); document.activeElement.blur(); return; }
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    const found = scope().querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!found || found.disabled) return;
    event.preventDefault();
    found.matches("input, textarea") ? found.focus() : found.click();
  });

  const close = () => document.querySelectorAll(".panel.open").forEach((panel) => panel.classList.remove("open"));

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-open], [data-close], [data-cookie], [data-show]");
    if (!target) return;
    if (target.dataset.open) {
      close();
      const panel = document.getElementById(target.dataset.open);
      panel.classList.add("open");
      const field = panel.querySelector("textarea");
      if (field && panel.dataset.focus) field.focus();
    } else if ("close" in target.dataset) close();
    else if (target.dataset.cookie) {
      document.cookie = `${target.dataset.cookie}; path=/; max-age=31536000; samesite=strict`;
      location.reload();
    } else show(target);
  });

  // The viewer: one large picture or the clip; thumbnails choose, the wheel zooms to the pointer, dragging moves.
  let zoom = 1, x = 0, y = 0, drag = null;
  const stage = () => document.querySelector(".stage");
  const picture = () => stage()?.querySelector("img");
  const place = () => { const img = picture(); if (img) img.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`; };
  const show = (thumb) => {
    const video = stage().querySelector("video"), img = picture();
    document.querySelectorAll("[data-show]").forEach((each) => each.setAttribute("aria-pressed", each === thumb));
    if (thumb.dataset.show === "clip") {
      img.hidden = true; video.hidden = false;
      video.paused ? video.play() : video.pause();
      return;
    }
    if (video) { video.pause(); video.hidden = true; }
    img.hidden = false; img.src = thumb.dataset.show; img.alt = thumb.dataset.alt;
  };
  document.addEventListener("wheel", (event) => {
    if (!event.target.closest(".stage") || !picture() || picture().hidden) return;
    event.preventDefault();
    const box = stage().getBoundingClientRect();
    const px = event.clientX - box.left - box.width / 2, py = event.clientY - box.top - box.height / 2;
    const next = Math.min(12, Math.max(1, zoom * (event.deltaY < 0 ? 1.25 : 0.8)));
    x = px - (px - x) * next / zoom; y = py - (py - y) * next / zoom; zoom = next;
    if (zoom === 1) { x = 0; y = 0; }
    place();
  }, { passive: false });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".stage img")) return;
    event.preventDefault(); drag = [event.clientX - x, event.clientY - y];
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || zoom === 1) return;
    x = event.clientX - drag[0]; y = event.clientY - drag[1]; place();
  });
  document.addEventListener("pointerup", () => { drag = null; });
  document.addEventListener("dblclick", (event) => {
    if (!event.target.closest(".stage")) return;
    zoom = 1; x = 0; y = 0; place();
  });
})();
