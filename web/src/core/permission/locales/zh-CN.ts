import type en from './en'

const messages: typeof en = {
  user: {
    get: '查看用户',
    create: '新建用户',
    update: '修改用户',
    delete: '删除和恢复用户',
    reset_password: '重置密码',
    unlock: '解除登录锁定',
  },
  role: { get: '查看角色', create: '新建角色', update: '修改角色', delete: '删除和恢复角色' },
  menu: { get: '查看菜单', create: '新建菜单', update: '修改菜单', delete: '删除和恢复菜单' },
  permission: { get: '查看权限及其来源' },
  session: { get: '查看会话', delete: '结束会话' },
  login_log: { get: '查看登录日志', delete: '删除旧的登录日志' },
  parameter: {
    get: '查看参数',
    create: '新建参数',
    update: '修改参数',
    delete: '删除和恢复参数',
    refresh: '刷新参数缓存',
  },
  dictionary: {
    get: '查看字典',
    create: '新建字典',
    update: '修改字典',
    delete: '删除和恢复字典',
    refresh: '刷新字典缓存',
  },
  operation_log: { get: '查看操作日志', delete: '删除旧的操作日志', export: '导出操作日志' },
  activation_code: {
    get: '查看激活码',
    create: '新建激活码',
    update: '修改激活码',
    delete: '删除和恢复激活码',
    export: '导出激活码',
  },
  job: { get: '查看所有人的任务、队列和执行程序', update: '取消、重试和调整所有人的任务', delete: '删除所有人已结束的任务' },
  chat: { use: '与模型对话' },
  chat_provider: {
    get: '查看对话服务',
    create: '新建对话服务',
    update: '修改和测试对话服务，拉取模型',
    delete: '删除和恢复对话服务',
  },
  image: { use: '生成图片' },
  image_provider: {
    get: '查看图片服务',
    create: '新建图片服务',
    update: '修改和测试图片服务',
    delete: '删除和恢复图片服务',
  },
  recycle_bin: { get: '查看回收站', restore: '恢复已删除的内容', purge: '彻底删除' },
  link_check: { get: '查看链路检查' },
  release: { get: '查看发布历史' },
  drift: { get: '查看漂移检查' },
}

export default messages
