/** The part of svgcanvas that is used; the package has no types of its own. */
declare module 'svgcanvas' {
  export const Context: new (size: { width: number; height: number }) => CanvasRenderingContext2D & {
    getSvg(): SVGSVGElement;
  };
}
