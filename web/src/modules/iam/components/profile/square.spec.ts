import { describe, expect, it } from 'vitest'
import { cropBox, moved } from './square'

describe('the square of a picture', () => {
  it('is its middle at first, as large as fits', () => {
    expect(cropBox(400, 200, { zoom: 1, x: 0.5, y: 0.5 })).toEqual({ x: 100, y: 0, side: 200 })
    expect(cropBox(200, 400, { zoom: 2, x: 0.5, y: 0.5 })).toEqual({ x: 50, y: 150, side: 100 })
  })

  it('never leaves the picture', () => {
    expect(cropBox(400, 200, { zoom: 2, x: 0, y: 1 })).toEqual({ x: 0, y: 100, side: 100 })
    expect(cropBox(400, 200, { zoom: 0.1, x: 1, y: 0 })).toEqual({ x: 200, y: 0, side: 200 })
  })

  it('follows the hand: pulling right shows what was left, and it stops at the edge', () => {
    const start = { zoom: 1, x: 0.5, y: 0.5 }
    expect(cropBox(400, 200, moved(400, 200, start, 50, 0, 200)).x).toBe(50)
    const far = moved(400, 200, start, 5000, 0, 200)
    expect(cropBox(400, 200, far).x).toBe(0)
    // Pulled far beyond the edge, it comes back with the first move, not with the five thousandth pixel.
    expect(cropBox(400, 200, moved(400, 200, far, -10, 0, 200)).x).toBeCloseTo(10)
  })
})
