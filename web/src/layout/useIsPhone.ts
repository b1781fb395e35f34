import { onScopeDispose, readonly, ref, type Ref } from 'vue'

function useMedia(condition: string): Readonly<Ref<boolean>> {
  const query = window.matchMedia(condition)
  const matches = ref(query.matches)
  const follow = (event: MediaQueryListEvent): void => {
    matches.value = event.matches
  }
  query.addEventListener('change', follow)
  onScopeDispose(() => query.removeEventListener('change', follow))
  return readonly(matches)
}

export const useIsPhone = (): Readonly<Ref<boolean>> => useMedia('(max-width: 767px)')

/** Too narrow for a list beside what it lists, next to the menu. */
export const useIsNarrow = (): Readonly<Ref<boolean>> => useMedia('(max-width: 1099px)')
