import iam from '@/modules/iam/locales/zh-CN'
import system from '@/modules/system/locales/zh-CN'
import type { Messages } from './en'

const messages: Messages = {
  app: {
    skipToContent: '跳到正文',
    loading: '加载中…',
    retry: '重试',
    refresh: '刷新',
    copy: '复制',
    copied: '已复制',
    copyFailed: '浏览器拒绝了复制，请选中文字后手动复制。',
    unknown: '未知',
  },
  layout: {
    menu: '主菜单',
    openMenu: '打开菜单',
    closeMenu: '关闭菜单',
    collapse: '收起菜单',
    expand: '展开菜单',
    language: '语言',
    theme: '主题',
    userMenu: '账户',
    logOut: '退出登录',
  },
  theme: { auto: '跟随系统', light: '浅色', dark: '深色' },
  notFound: {
    title: '页面不存在',
    text: '{path} 没有对应的页面。地址可能输错了，或者页面已经移走。',
    home: '回到仪表盘',
    logIn: '登录后再试',
    hint: '有些页面登录后才会出现。',
  },
  forbidden: {
    title: '您无权查看此页面',
    text: '账户 {name} 缺少此页面所需的权限。请联系管理员授予：',
    home: '回到仪表盘',
  },
  unreachable: {
    title: '服务器没有响应',
    text: '您可能仍处于登录状态，只是无法确认。请检查网络后重试。',
    operator: '如果您是运维人员，运行诊断即可知道断在哪一环：',
  },
  errors: {
    not_found: '内容不存在，或已被删除。',
    method_not_allowed: '服务器不支持此操作，请反馈给我们。',
    validation_failed: '部分内容未通过校验，请检查。',
    internal_error: '服务器出错了，已记录日志。请重试或反馈。',
    not_authenticated: '请先登录。',
    token_invalid: '登录已失效，请重新登录。',
    session_revoked: '会话已被结束，请重新登录。',
    invalid_credentials: '用户名或密码错误。',
    too_many_attempts: '尝试次数过多，请稍后再试。',
    permission_denied: '您的账户无权执行此操作。',
    conflict: '内容已被他人修改，请重新加载。',
    service_unavailable: '服务器繁忙或正在更新，请稍后重试。',
    link_check_not_run: '链路检查尚未运行。',
    payload_too_large: '内容过大，服务器无法接收。',
    network_unreachable: '无法连接服务器，请检查网络。',
    timeout: '服务器响应超时，请重试。',
    bad_gateway: '网页服务正常，但后面的应用没有响应，请稍后重试。',
    unexpected_answer: '服务器返回了无法理解的内容，请反馈给我们。',
    unknown: '出了点问题（{code}）。',
    requestId: '请求编号 {id}',
  },
  fieldErrors: {
    missing: '此项必填。',
    string_too_short: '内容太短。',
    string_too_long: '内容太长。',
    string_pattern_mismatch: '格式不正确。',
    int_parsing: '必须是整数。',
    value_error: '此内容不被接受。',
  },
  iam,
  system,
}

export default messages
