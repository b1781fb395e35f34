import { describe, expect, it } from 'vitest'
import type { FieldChange } from '../api/operationLog'
import { byRow, shown } from './operationDiff'
import { fits } from './parameters'
import { reordered } from './reordered'

describe('the value of a parameter', () => {
  it.each([
    ['integer', '12', true],
    ['integer', '-3', true],
    ['integer', '1.5', false],
    ['integer', '', false],
    ['boolean', 'true', true],
    ['boolean', 'yes', false],
    ['json', '{"a": [1]}', true],
    ['json', '{a: 1}', false],
    ['string', '', true],
  ] as const)('%s %s: %s', (type, value, good) => {
    expect(fits(type, value)).toBe(good)
  })
})

describe('moving a row', () => {
  const rows = [
    { id: 1, sort_order: 10 },
    { id: 2, sort_order: 20 },
    { id: 3, sort_order: 30 },
  ]
  it('changes only the rows that change places', () => {
    expect(reordered(rows, 3, -1)).toEqual([
      { id: 3, sort_order: 20 },
      { id: 2, sort_order: 30 },
    ])
  })
  it('does nothing beyond the ends', () => {
    expect(reordered(rows, 1, -1)).toEqual([])
    expect(reordered(rows, 3, 1)).toEqual([])
  })
  it('gives rows that share a number an order of their own', () => {
    const same = rows.map(({ id }) => ({ id, sort_order: 0 }))
    expect(reordered(same, 2, -1).map(({ id }) => id)).toEqual([2, 1, 3])
  })
})

describe('what an operation changed', () => {
  const change = (table: string, id: number | null, field: string): FieldChange => ({ table, id, field, before: null, after: 'x' })
  it('is put together by row', () => {
    const rows = byRow([change('a', 1, 'x'), change('b', 1, 'x'), change('a', 1, 'y'), change('a', null, 'z')])
    expect(rows.map(({ table, id, fields }) => [table, id, fields.length])).toEqual([
      ['a', '1', 2],
      ['b', '1', 1],
      ['a', '', 1],
    ])
  })
  it('tells nothing from false and zero', () => {
    expect([null, '', false, 0].map(shown)).toEqual(['', '', 'false', '0'])
  })
})
