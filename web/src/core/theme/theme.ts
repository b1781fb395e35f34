import { computed, ref, watchEffect } from 'vue'
import { defineStore } from 'pinia'
import { readChoice, writeChoice } from '@/core/storage'

export const themes = ['auto', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** The first paint is public/theme-boot.js's; it reads the same key. */
export const useTheme = defineStore('theme', () => {
  const choice = ref<Theme>(readChoice('theme', themes, 'auto'))
  const system = window.matchMedia('(prefers-color-scheme: dark)')
  const systemIsDark = ref(system.matches)
  system.addEventListener('change', (event) => {
    systemIsDark.value = event.matches
  })
  const isDark = computed(() => (choice.value === 'auto' ? systemIsDark.value : choice.value === 'dark'))

  watchEffect(() => document.documentElement.classList.toggle('dark', isDark.value))

  function choose(theme: Theme): void {
    choice.value = theme
    writeChoice('theme', theme)
  }

  return { choice, isDark, choose }
})
