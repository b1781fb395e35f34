import { Circle, LayoutDashboard, ShieldCheck } from '@lucide/vue'
import type { Component } from 'vue'

/** Icons that a menu entry may name. An unknown name gets a plain one: a menu is better shown than lost. */
const menuIcons: Record<string, Component> = { dashboard: LayoutDashboard, system: ShieldCheck }

export function menuIcon(name: string): Component {
  return menuIcons[name] ?? Circle
}
