import type en from './en'

const messages: typeof en = {
  yes_no: { yes: '是', no: '否' },
  user_status: { active: '正常', disabled: '停用', locked: '锁定' },
  outcome: { success: '成功', denied: '无权限', failed: '被拒绝', error: '出错' },
  activation_state: { unused: '未使用', active: '有效', expired: '已过期', disabled: '已停用' },
}

export default messages
