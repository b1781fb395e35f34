import type en from './en'

const messages: typeof en = {
  search: '名称或地址',
  name: '名称',
  kind: '类型',
  state: '状态',
  on: '已启用',
  off: '已停用',
  url: '地址',
  urlNeeded: '以 http:// 或 https:// 开头。',
  key: '密钥',
  keyHint: '加密保存，不再显示。更换地址后需要重新填写。',
  hasKey: '已设置密钥',
  noKey: '未设置密钥',
  private: '允许位于本机或内网',
  privateHint: '关闭时会拒绝 127.0.0.1、10.0.0.1 等地址。只有管理员可以允许。',
  model: '默认模型',
  order: '排序',
  orderHint: '数值最小的排在最前。',
  enabled: '启用',
  enabledHint: '用户可以选择它。',
  test: '测试',
  enable: '启用',
  disable: '停用',
  edit: '编辑',
  editNamed: '编辑 {name}',
  delete: '删除',
  create: '添加服务',
}

export default messages
