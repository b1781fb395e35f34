import type en from './en'

const messages: typeof en = {
  export: '导出 Excel',
  import: '导入',
  exportTitle: '导出 Excel',
  which: '范围',
  filtered: '符合当前筛选的数据',
  allRows: '全部数据',
  columns: '列',
  allColumns: '全部列',
  exportText: '按列表的当前顺序导出。形似公式的文本仍按文本保存。',
  start: '导出',
  running: '正在生成表格……',
  closable: '可以关闭此窗口：导出会继续进行，完成后可在“任务”中下载。',
  ready: '共 {n} 行，{size}',
  until: '链接仅供您使用，有效期至 {time}。',
  over: '链接已于 {time} 过期，请重新导出。',
  cancelled: '导出已取消。',
  download: '下载',
  stop: '取消',
}

export default messages
