import type { Option } from '@/core/list/types'

interface Base<F> {
  key: keyof F & string
  /** A message key, as `hint` is. */
  label: string
  hint?: string
  required?: boolean
  /** Not shown at all when false; asked while rendering. */
  shown?: (form: F) => boolean
  disabled?: (form: F) => boolean
  /** What is wrong with the value in the language of the moment; nothing when it is fine. */
  check?: (form: F) => string | undefined
}

export type Field<F> = Base<F> &
  (
    | { kind: 'text'; max?: number; mono?: boolean; autocomplete?: string; placeholder?: string }
    | { kind: 'textarea'; max?: number; rows?: number; mono?: boolean }
    | { kind: 'number'; least?: number; most?: number }
    | { kind: 'switch' }
    | { kind: 'select'; options: () => readonly Option[]; many?: boolean; clearable?: boolean }
    /** Only ever written: empty keeps what is stored, null takes it away unless there must be one. */
    | { kind: 'secret'; hasStored: () => boolean; removable?: boolean }
    /** Drawn by the slot `field-<key>`; a bare one brings its own label and shows its own error. */
    | { kind: 'custom'; bare?: boolean }
  )
