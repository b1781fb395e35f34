import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import * as confirm from '@/core/list/confirmDestroy'
import { mountRouted } from '@/test/mountPage'
import FormDrawer from './FormDrawer.vue'
import { byField, isUnplaced } from './formErrors'
import type { Field } from './types'
import { useEditor, type EditorOf } from './useEditor'

interface Form {
  name: string
  note: string
  ids: number[]
}
interface Thing extends Form {
  id: number
}

enableAutoUnmount(afterEach)
const api = {
  create: vi.fn(async (form: Form): Promise<Thing> => ({ id: 9, ...form })),
  update: vi.fn(async (row: Thing, changed: Partial<Form>): Promise<Thing> => ({ ...row, ...changed })),
  saved: vi.fn(),
}
const fields: Field<Form>[] = [
  { key: 'name', kind: 'text', label: 'list.page', required: true, max: 5 },
  { key: 'note', kind: 'text', label: 'list.search' },
]
let editor: EditorOf<Form, Thing>
const thing: Thing = { id: 3, name: 'old', note: 'n', ids: [1] }

const View = defineComponent({
  setup() {
    editor = useEditor<Form, Thing, Thing>({
      blank: () => ({ name: '', note: '', ids: [] }),
      from: ({ name, note, ids }) => ({ name, note, ids }),
      ...api,
    })
    return () => h(FormDrawer<Form>, { editor, fields, title: 'A thing' })
  },
})

async function open(row: Thing | null): Promise<void> {
  await mountRouted(View)
  if (row) await editor.edit(row)
  else editor.create()
  await flushPromises()
}

const at = (id: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(`[data-testid=${id}]`)
  if (!found) throw new Error(`no ${id}`)
  return found
}
const input = (key: string): HTMLInputElement => at(`field-${key}`).querySelector('input') as HTMLInputElement
const errorAt = (key: string): string => at(`field-${key}`).querySelector('.error')?.textContent ?? ''

async function type(key: string, value: string): Promise<void> {
  input(key).value = value
  input(key).dispatchEvent(new Event('input'))
  await flushPromises()
}

async function save(): Promise<void> {
  at('save-form').click()
  await flushPromises()
}

describe('a form', () => {
  beforeEach(() => {
    vi.clearAllMocks()
    document.body.innerHTML = ''
  })

  it('asks nobody while something is missing, says where, and goes there', async () => {
    await open(null)
    expect(errorAt('name')).toBe('')
    await save()
    expect(api.create).not.toHaveBeenCalled()
    expect(errorAt('name')).toBe('This is needed.')
    expect(document.activeElement).toBe(input('name'))
    await type('name', 'too long')
    expect(errorAt('name')).toBe('At most 5 characters.')
  })

  it('sends the whole of a new thing, and closes', async () => {
    await open(null)
    await type('name', 'new')
    input('name').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true }))
    await flushPromises()
    expect(api.create).toHaveBeenCalledWith({ name: 'new', note: '', ids: [] })
    expect(api.saved).toHaveBeenCalledWith({ id: 9, name: 'new', note: '', ids: [] }, true)
    expect(editor.isOpen).toBe(false)
  })

  it('sends only what was changed', async () => {
    await open(thing)
    await type('note', 'other')
    await save()
    expect(api.update).toHaveBeenCalledWith(thing, { note: 'other' }, { name: 'old', note: 'other', ids: [1] })
  })

  it("puts the server's complaint beside its field, keeps what was typed, and goes there", async () => {
    api.create.mockRejectedValueOnce(
      new ApiError('conflict', 409, [{ loc: ['body', 'note'], message: 'is taken', code: 'no_such_translation' }]),
    )
    await open(null)
    await type('name', 'new')
    await save()
    expect(editor.isOpen).toBe(true)
    expect(errorAt('note')).toBe('is taken')
    expect(input('name').value).toBe('new')
    expect(document.querySelector('[data-testid=form-error]')).toBeNull()
    expect(document.activeElement).toBe(input('note'))
  })

  it('says above the fields what belongs to none of them', async () => {
    api.create.mockRejectedValueOnce(new ApiError('permission_denied', 403))
    await open(null)
    await type('name', 'new')
    await save()
    expect(at('form-error').textContent).toContain('may not do this')
  })

  it('asks before typed text is lost, and only then', async () => {
    const ask = vi.spyOn(confirm, 'confirmDestroy').mockResolvedValue(false)
    await open(thing)
    await type('name', 'typed')
    expect(await editor.close()).toBe(false)
    expect([editor.isOpen, editor.form.name]).toEqual([true, 'typed'])
    await type('name', 'old')
    expect(await editor.close()).toBe(true)
    expect(ask).toHaveBeenCalledTimes(1)
    expect(editor.isOpen).toBe(false)
  })

  it('guards typed text against a reload of the page too', async () => {
    await open(thing)
    const leave = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))
    expect(leave()).toBe(false)
    await type('name', 'typed')
    expect(leave()).toBe(true)
  })
})

describe("the server's complaints", () => {
  const error = new ApiError('validation_failed', 422, [
    { loc: ['body', 'ids', 2], message: 'unknown', code: 'x' },
    { loc: ['body'], message: 'odd', code: 'y' },
  ])

  it('find their field however deep they point, and are not lost when they point nowhere', () => {
    expect(byField(error, ['name', 'ids'])).toEqual({ ids: 'unknown' })
    expect(isUnplaced(error, ['name', 'ids'])).toBe(true)
    expect(isUnplaced(new ApiError('x', 422, error.fields.slice(0, 1)), ['ids'])).toBe(false)
  })
})
