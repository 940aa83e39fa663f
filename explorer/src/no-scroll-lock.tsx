// Stands in for react-remove-scroll, which writes a <style> element that the content security policy refuses.
// The page fills the window and never scrolls, so there is nothing to lock.
import { type ElementType, forwardRef, type PropsWithChildren } from "react";

type Props = PropsWithChildren<{ as?: ElementType }>;

export const RemoveScroll = forwardRef<HTMLElement, Props>(function RemoveScroll({ as: As = "div", children }, ref) {
  return <As ref={ref}>{children}</As>;
});
