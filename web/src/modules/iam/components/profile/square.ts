export interface Crop {
  /** Of the picture's shorter side; 1 shows as much as fits. */
  zoom: number
  /** Where the middle of the square is, in parts of the picture's width and height. */
  x: number
  y: number
}

export interface Box {
  x: number
  y: number
  side: number
}

/** The square of the picture that a crop means, always whole within the picture. */
export function cropBox(width: number, height: number, crop: Crop): Box {
  const side = Math.min(width, height) / Math.max(1, crop.zoom)
  const within = (middle: number, length: number): number =>
    Math.min(Math.max(middle * length - side / 2, 0), length - side)
  return { x: within(crop.x, width), y: within(crop.y, height), side }
}

/** The crop after the hand moved it by pixels of a preview of `shown` pixels; it stops where the picture ends. */
export function moved(width: number, height: number, crop: Crop, dx: number, dy: number, shown: number): Crop {
  const { x, y, side } = cropBox(width, height, crop)
  const next = { ...crop, x: (x + side / 2 - (dx / shown) * side) / width, y: (y + side / 2 - (dy / shown) * side) / height }
  const box = cropBox(width, height, next)
  return { ...next, x: (box.x + side / 2) / width, y: (box.y + side / 2) / height }
}
