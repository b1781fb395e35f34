import type en from './en'

const messages: typeof en = {
  both: '{what}{advice}',
  technical: '对方的原话',
  waitSeconds: '{n} 秒后可以重试。',
  unknown: { what: '出错了（{code}）。', advice: '请重试；如果再次出现，请告诉管理员。' },
  internal_error: { what: '服务器内部出错。', advice: '错误已记录，请重试或反馈。' },
  payload_invalid: { what: '此任务由另一个版本提交，无法执行。', advice: '请重新提交。' },
  time_limit: { what: '任务超出了允许的时间。', advice: '请重试，或减少一次的数量。' },
  interrupted_too_often: { what: '任务多次被中断，很可能是执行程序每次都停止了。', advice: '请告诉管理员，然后重试。' },
  model_unreachable: { what: '模型服务没有响应。', advice: '它可能已关闭。请重试、换一个模型，或告诉管理员。' },
  model_missing: { what: '该服务没有这个模型。', advice: '请换一个模型，或让管理员加载它。' },
  provider_limited: { what: '该服务暂时不接受更多请求。', advice: '请等一分钟再试。' },
  provider_refused: { what: '该服务拒绝了已保存的密钥。', advice: '需要管理员检查密钥。' },
  provider_timeout: { what: '该服务中途停止了响应。', advice: '请重试，它可能过载了。' },
  provider_broken: { what: '该服务返回了无法识别的内容。', advice: '请重试。如果一直如此，请管理员测试该服务。' },
  provider_error: { what: '该服务自身出错。', advice: '请稍后重试，或换一个模型。' },
  provider_gone: { what: '该服务在此期间被停用或删除了。', advice: '请换一个服务后重新提交。' },
  key_unreadable: { what: '该服务保存的密钥已无法读取。', advice: '需要管理员重新填写。' },
  context_too_long: { what: '对话长度超出了该模型的上限。', advice: '请新建对话，或换用上下文更长的模型。' },
  content_refused: { what: '该服务拒绝绘制此内容。', advice: '请修改提示词后重试。' },
  quota_exhausted: { what: '该服务的账户额度已用完。', advice: '需要管理员充值，也可以换一个服务。' },
  image_quota_reached: { what: '您今天的图片额度已用完。', advice: '请明天继续，或向管理员申请更多额度。' },
  disk_budget: { what: '图片空间已满。', advice: '请删除不再需要的图片，或向管理员申请更多空间。' },
}

export default messages
