import type en from './providers.en'

const messages: typeof en = {
  kinds: { openai_images: 'OpenAI 图片接口', comfyui: 'ComfyUI', builtin: '内置' },
  providers: {
    lead: '生成图片的服务。密钥加密保存，不再显示。',
    urlHint: 'OpenAI 图片接口填 /images/generations 之前的部分，ComfyUI 填服务器地址。',
    modelHint: 'ComfyUI 填检查点名称。测试会列出可用的模型。',
    sizes: '尺寸',
    sizesHint: '留空则使用模型已知的尺寸。',
    sizesWrong: '尺寸的写法如 1024x1024。',
    sizesType: '输入尺寸，如 1024x1024，再按回车',
    timeout: '每张图片的秒数',
    timeoutHint: '超过则视为失败。',
    untested: '未测试',
    testing: '正在询问…',
    answers: '{time} 内响应',
    fails: '失败',
    models: '未列出模型 | {n} 个模型 | {n} 个模型',
    emptyTitle: '还没有图片服务',
    emptyText: '添加一个兼容 OpenAI 图片接口的服务（也包括火山方舟和 LocalAI），或一个 ComfyUI 服务器。',
  },
}

export default messages
