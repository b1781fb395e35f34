import { ElMessage } from 'element-plus'

/** `grouping` keeps ten requests that fail together from covering the page with ten messages. */
export function notify(message: string): void {
  ElMessage.error({ message, grouping: true, showClose: true, duration: 6000 })
}
