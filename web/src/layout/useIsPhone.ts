import { onScopeDispose, readonly, ref, type Ref } from 'vue'

export function useIsPhone(): Readonly<Ref<boolean>> {
  const query = window.matchMedia('(max-width: 767px)')
  const isPhone = ref(query.matches)
  const follow = (event: MediaQueryListEvent): void => {
    isPhone.value = event.matches
  }
  query.addEventListener('change', follow)
  onScopeDispose(() => query.removeEventListener('change', follow))
  return readonly(isPhone)
}
