import { computed, onScopeDispose, reactive, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { onBeforeRouteLeave } from 'vue-router'
import { ApiError } from '@/core/http/problem'
import { attempt } from '@/core/list/attempt'
import { confirmDestroy } from '@/core/list/confirmDestroy'
import { say } from '@/core/list/notices'

export interface EditorOptions<F extends object, T, A> {
  blank: () => F
  /** What the form shows of a row; may ask the server for what a list does not carry. */
  from: (row: T) => F | Promise<F>
  create?: (form: F) => Promise<A>
  /** Gets only what was changed, as PATCH wants it. */
  update: (row: T, changed: Partial<F>, form: F) => Promise<A>
  saved: (answer: A, isNew: boolean) => unknown
}

export interface Editor<F extends object = object> {
  readonly isOpen: boolean
  readonly isNew: boolean
  readonly busy: boolean
  readonly isDirty: boolean
  readonly error: ApiError | null
  /** Grows with each try to save, so that the form can go to its first error. */
  readonly tries: number
  form: F
  save(isValid: boolean): Promise<void>
  /** Asks first when something was typed. */
  close(): Promise<boolean>
}

export interface EditorOf<F extends object, T> extends Editor<F> {
  readonly row: T | null
  create(seed?: Partial<F>): void
  edit(row: T): Promise<void>
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** The state of one form in a drawer: what was typed, whether it is saved, and the guard that nothing typed is lost. */
export function useEditor<F extends object, T, A = unknown>(options: EditorOptions<F, T, A>): EditorOf<F, T> {
  const { t } = useI18n()
  const isOpen = ref(false)
  const busy = ref(false)
  const tries = ref(0)
  const row = shallowRef<T | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const form = ref(options.blank()) as { value: F }
  const before = shallowRef<F>(options.blank())
  const isDirty = computed(() => isOpen.value && !same(form.value, before.value))

  function open(subject: T | null, start: F): void {
    row.value = subject
    before.value = structuredClone(start)
    form.value = structuredClone(start)
    error.value = null
    tries.value = 0
    isOpen.value = true
  }

  async function edit(subject: T): Promise<void> {
    await attempt(async () => open(subject, await options.from(subject)))
  }

  async function save(isValid: boolean): Promise<void> {
    if (busy.value) return
    error.value = null
    tries.value++
    if (!isValid) return
    const isNew = row.value === null
    busy.value = true
    try {
      const answer = await send(isNew)
      isOpen.value = false
      await options.saved(answer, isNew)
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      error.value = failure
      tries.value++
    } finally {
      busy.value = false
    }
  }

  function send(isNew: boolean): Promise<A> {
    const whole = structuredClone(plain(form.value))
    if (isNew && options.create) return options.create(whole)
    const changed = Object.entries(whole).filter(([key, value]) => !same(value, before.value[key as keyof F]))
    return options.update(row.value as T, Object.fromEntries(changed) as Partial<F>, whole)
  }

  async function close(): Promise<boolean> {
    if (busy.value) return false
    const sure =
      !isDirty.value ||
      (await confirmDestroy({
        title: t('list.form.discardTitle'),
        text: t('list.form.discardText'),
        action: t('list.form.discard'),
      }))
    if (sure) isOpen.value = false
    return sure
  }

  function onUnload(event: BeforeUnloadEvent): void {
    if (isDirty.value) event.preventDefault()
  }
  window.addEventListener('beforeunload', onUnload)
  onScopeDispose(() => window.removeEventListener('beforeunload', onUnload))
  onBeforeRouteLeave(() => !isDirty.value || close())

  // The compiler cannot see through `reactive` of a generic; EditorOf names what it unwraps to.
  const editor: object = {
    isOpen,
    isNew: computed(() => row.value === null),
    busy,
    isDirty,
    error,
    tries,
    row,
    form,
    create: (seed: Partial<F> = {}) => open(null, { ...options.blank(), ...seed }),
    edit,
    save,
    close,
  }
  return reactive(editor) as EditorOf<F, T>
}

/** Without Vue's proxies, which cannot be cloned. */
function plain<F>(form: F): F {
  return JSON.parse(JSON.stringify(form)) as F
}

/** The usual end of a save: says so and loads the list again. */
export function sayAndReload(text: string, reload: () => unknown): unknown {
  say(text)
  return reload()
}
