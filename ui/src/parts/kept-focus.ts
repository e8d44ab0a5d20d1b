import { useLayoutEffect, useRef, type RefObject } from "react";

/**
 * Call and Cancel take each other's place: whoever pressed one with the keyboard goes on at the other,
 * instead of at the page's beginning.
 */
export function useKeptFocus(busy: boolean): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  const wasInside = useRef(false);
  // Before the page is drawn: at no moment is the focus nowhere.
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    const lost = document.activeElement === document.body;
    if (lost && wasInside.current) element.querySelector("button")?.focus();
    // What is removed says nothing when it loses the focus, so a move to elsewhere is what counts.
    const onFocus = (event: FocusEvent) => {
      wasInside.current = element.contains(event.target as Node);
    };
    document.addEventListener("focusin", onFocus);
    return () => document.removeEventListener("focusin", onFocus);
  }, [busy]);
  return place;
}
