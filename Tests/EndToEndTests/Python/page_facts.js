// What there is to judge about a page, as the browser computed it. Run by the debugger: the page itself runs no scripts.
() => {
  const channels = (color) => {
    const numbers = color.match(/[\d.]+/g).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
  };
  const over = (above, below) => above.rgb.map((value, index) => value * above.alpha + below[index] * (1 - above.alpha));
  // What stands behind an element: its own background over that of whatever contains it.
  const background = (element) => {
    if (!element) return [255, 255, 255];
    const own = channels(getComputedStyle(element).backgroundColor);
    return own.alpha === 1 ? own.rgb : over(own, background(element.parentElement));
  };
  // WCAG 2.2, relative luminance and contrast ratio.
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const isSeen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility === "visible";
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || !isSeen(element)) continue;
    const style = getComputedStyle(element);
    const behind = background(element);
    texts.push({
      text: text.slice(0, 60),
      contrast: contrast(over(channels(style.color), behind), behind),
      fontSize: parseFloat(style.fontSize),
      isCut: style.display !== "inline" && element.scrollWidth > element.clientWidth + 1 && style.overflow === "hidden",
    });
  }
  const controls = [...document.querySelectorAll("button, a.button, input:not([type=hidden]), select")].map((control) => {
    const label = control.labels?.[0];
    // A tick is made anywhere on its label.
    const target = (control.type === "checkbox" || control.type === "radio") && label ? label : control;
    const box = target.getBoundingClientRect();
    return {
      name: (control.getAttribute("aria-label") || control.textContent || label?.textContent || "").trim(),
      width: Math.round(box.width * 10) / 10,
      height: Math.round(box.height * 10) / 10,
      fontSize: parseFloat(getComputedStyle(target).fontSize),
    };
  });
  return {
    scrollWidth: document.documentElement.scrollWidth,
    language: document.documentElement.lang,
    title: document.title,
    levels: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((heading) => Number(heading.tagName[1])),
    mains: document.querySelectorAll("main").length,
    scripts: document.querySelectorAll("script").length,
    controls,
    texts,
  };
}
