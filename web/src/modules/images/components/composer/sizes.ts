import { RectangleHorizontal, RectangleVertical, Square } from '@lucide/vue'
import type { Component } from 'vue'

function sides(size: string): [number, number] {
  const [width, height] = size.split('x').map(Number)
  return [width || 1, height || 1]
}

export function sizeText(size: string): string {
  return size.replace('x', ' × ')
}

/** Upright, lying or square, as the picture will be. */
export function sizeIcon(size: string): Component {
  const [width, height] = sides(size)
  if (width === height) return Square
  return width > height ? RectangleHorizontal : RectangleVertical
}
