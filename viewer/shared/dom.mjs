// Elements without markup: what comes from a service is only ever text.

const SVG = "http://www.w3.org/2000/svg";

/** Sets attributes; `onclick` and its kin are listeners, `class`, `text` and booleans are what they say. */
function dress(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  return element;
}

function put(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** An element with attributes and children; a child that is no node becomes text. */
export function el(name, attributes = {}, ...children) {
  return put(dress(document.createElement(name), attributes), children);
}

/** The same of SVG. */
export function svg(name, attributes = {}, ...children) {
  return put(dress(document.createElementNS(SVG, name), attributes), children);
}

/** Puts these children in the place of those that are there. */
export function fill(element, ...children) {
  element.replaceChildren();
  return put(element, children);
}

/** Sets a text where it differs, so that nothing is laid out again for nothing. */
export function say(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Sets or removes an attribute where it differs. */
export function mark(element, name, value) {
  if (value === undefined || value === null || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, String(value));
  }
}

/** The element of this id. */
export function byId(id) {
  return document.getElementById(id);
}
