import type en from './machine.en'

const messages: typeof en = {
  machine: {
    historyTitle: '发布记录',
    historyEmptyTitle: '还没有发布记录',
    historyEmptyText: '此机器的每次部署和回滚都会出现在这里，包括各阶段的耗时。',
    earlier: '显示更早的记录',
    by: '操作人',
    when: '时间',
    reason: '原因',
    failedIn: '失败于 {stage}：',
    stageFailed: '（在此失败）',
    actions: { deploy: '部署', rollback: '回滚', site: '配置机器' },
    outcomes: { good: '成功', bad: '已撤销', noop: '无变化', interrupted: '中断', running: '进行中' },
    stages: {
      build: '构建',
      ship: '传输',
      prepare: '准备环境和资源',
      migrate: '快照与数据库迁移',
      start: '启动新实例',
      verify: '内部验证',
      switch: '切换流量',
      prove: '公开验证',
      finish: '旧实例退出',
    },
    driftTitle: '手动改动',
    driftNone: '无',
    driftSome: '发现 {n} 处 | 发现 {n} 处',
    driftOk: '{when}比对时，一切与配置一致。',
    driftFound: '{when}与配置比对，发现：',
    driftNeverTitle: '尚未比对',
    driftNeverText: '定时任务会将此机器与配置进行比对。立即比对，请在控制机运行：',
    kinds: { file: '文件', unit: '服务', mode: '权限', package: '软件包', link: '链接', account: '账户' },
  },
}

export default messages
