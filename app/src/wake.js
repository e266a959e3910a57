(async (script, wasm, atOnce) => {
  if (!atOnce) {
    const signs = ["pointerdown", "pointermove", "touchstart", "keydown", "focusin", "input", "wheel"];
    await new Promise((go) => {
      for (const sign of signs) addEventListener(sign, go, { once: true, passive: true, capture: true });
    });
  }
  const portal = await import(script);
  await portal.default({ module_or_path: wasm });
  portal.hydrate();
  for (const island of document.querySelectorAll("leptos-island")) portal[island.dataset.component](island);
})
