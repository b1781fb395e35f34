import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { onBeforeRouteLeave } from 'vue-router'
import { useSoon } from '@/core/forms/useSoon'
import { reasonText } from '@/core/http/errorText'
import { ApiError } from '@/core/http/problem'
import { attempt } from '@/core/list/attempt'
import { confirmDestroy } from '@/core/list/confirmDestroy'
import { say } from '@/core/list/notices'
import * as api from '../api/templates'
import { inLocale } from './useNoticeWords'

const SOON_MS = 350

export interface TextEditor {
  readonly kind: ShallowRef<api.NoticeKind | null>
  readonly locale: Ref<api.NoticeLocale>
  readonly wording: Ref<api.Wording>
  readonly text: ComputedRef<api.NoticeText | null>
  readonly preview: ShallowRef<api.NoticePreview | null>
  /** Why the text as it is typed cannot be used; empty when it can. */
  readonly complaint: Ref<string>
  readonly isDirty: ComputedRef<boolean>
  readonly busy: Ref<boolean>
  open(kind: api.NoticeKind): void
  speak(locale: api.NoticeLocale): Promise<void>
  save(): Promise<void>
  reset(): Promise<void>
  close(): Promise<boolean>
}

/** One kind's texts as they are typed, with what they would become. `reload` asks for the kinds anew. */
export function useTextEditor(reload: () => Promise<readonly api.NoticeKind[]>): TextEditor {
  const i18n = useI18n()
  const { t } = i18n
  const kind = shallowRef<api.NoticeKind | null>(null)
  const locale = ref<api.NoticeLocale>('en')
  const wording = ref<api.Wording>({ subject: '', body: '' })
  const preview = shallowRef<api.NoticePreview | null>(null)
  const complaint = ref('')
  const busy = ref(false)
  const text = computed(() => (kind.value && inLocale(kind.value.texts, locale.value)) ?? null)
  const isDirty = computed(
    () => text.value !== null && (wording.value.subject !== text.value.subject || wording.value.body !== text.value.body),
  )
  let latest = 0

  async function look(): Promise<void> {
    if (!kind.value) return
    const mine = ++latest
    try {
      const shown = await api.previewText(kind.value.kind, locale.value, wording.value)
      if (mine !== latest) return
      preview.value = shown
      complaint.value = ''
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (mine === latest) complaint.value = reasonText(error)
    }
  }
  const { soon, never } = useSoon(() => void look(), SOON_MS)

  function show(): void {
    if (!text.value) return
    wording.value = { subject: text.value.subject, body: text.value.body }
    preview.value = null
    complaint.value = ''
    never()
    void look()
  }

  watch(wording, () => kind.value && soon(), { deep: true })

  async function refresh(): Promise<void> {
    const code = kind.value?.kind
    const kinds = await reload()
    kind.value = kinds.find((one) => one.kind === code) ?? null
    show()
  }

  async function change(task: () => Promise<void>, said: string): Promise<void> {
    if (busy.value) return
    busy.value = true
    if (await attempt(task)) {
      say(said)
      await refresh()
    }
    busy.value = false
  }

  async function mayLose(): Promise<boolean> {
    return (
      !isDirty.value ||
      confirmDestroy({ title: t('notify.templates.discardTitle'), text: t('notify.templates.discardText'), action: t('notify.templates.discard') })
    )
  }

  const onUnload = (event: BeforeUnloadEvent): void => {
    if (isDirty.value) event.preventDefault()
  }
  window.addEventListener('beforeunload', onUnload)
  onScopeDispose(() => window.removeEventListener('beforeunload', onUnload))
  onBeforeRouteLeave(() => mayLose())

  return {
    kind,
    locale,
    wording,
    text,
    preview,
    complaint,
    isDirty,
    busy,
    open: (chosen) => {
      kind.value = chosen
      locale.value = i18n.locale.value as api.NoticeLocale
      show()
    },
    speak: async (wanted) => {
      if (wanted === locale.value || !(await mayLose())) return
      locale.value = wanted
      show()
    },
    save: () => change(() => api.changeText(kind.value?.kind ?? '', locale.value, wording.value), t('notify.templates.saved')),
    reset: () => change(() => api.resetText(kind.value?.kind ?? '', locale.value), t('notify.templates.wasReset')),
    close: async () => {
      if (busy.value || !(await mayLose())) return false
      never()
      kind.value = null
      return true
    },
  }
}
