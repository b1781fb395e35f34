import admin from './admin.zh-CN'
import account from './account.zh-CN'
import profile from './profile.zh-CN'
import type en from './en'

const messages: typeof en = {
  ...admin,
  ...account,
  ...profile,
  login: {
    title: '登录',
    lead: '欢迎回来。',
    username: '用户名',
    password: '密码',
    remember: '在此设备上保持登录',
    submit: '登录',
    submitting: '正在登录…',
    showPassword: '显示密码',
    hidePassword: '隐藏密码',
    capsLock: '大写锁定已开启。',
    usernameMissing: '请输入用户名。',
    passwordMissing: '请输入密码。',
    wait: '尝试次数过多，请在 {time} 后重试。',
    waitButton: '请等待 {time}',
    expired: '会话已结束，登录后可继续之前的操作。',
    promiseTitle: '有据可查，而非但愿如此。',
    promise: '每次变更之后，从浏览器到数据库的每一环都会被检查。',
  },
  me: {
    title: '当前账户',
    username: '用户名',
    role: '权限',
    administrator: '管理员，拥有全部权限',
    permissions: '暂无权限 | {n} 项权限 | {n} 项权限',
  },
}

export default messages
