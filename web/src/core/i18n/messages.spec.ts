import { describe, expect, it } from 'vitest'
import { jobKinds } from '@/modules/jobs/components/useJobWords'
import { preferredLocale } from './i18n'
import en from './messages/en'
import zh from './messages/zh-CN'

type Tree = { [key: string]: string | Tree }

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value] as const] : [...flatten(value, `${prefix}${key}.`)],
    ),
  )
}

const english = flatten(en)
const chinese = flatten(zh)
const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort()

// A line a domain.
const BUILT = [
  'errors|fieldErrors|jobErrors|theme|dictionary|permission|list\\.times',
  'chat\\.(menu|groups|welcome|shortcuts|providers\\.kinds)',
  'iam\\.(account\\.demoRoles|menu|profile\\.outcome|menus\\.(kinds|actionNames)|permissions\\.reasons|login_logs\\.outcomes)',
  'images\\.(menu|kinds|usage|fields)',
  'jobs\\.(menu|states|kinds|events|queues|priorities|scopes|schedules\\.(parts|modes|misfires|overlaps|states|runStates|tasks))',
  'notify\\.(menu|media|states|errors)',
  'system\\.(menu|logs\\.levels|readiness\\.names|linkCheck\\.rows|machine\\.\\w+s|parameters\\.(known|types|wrong))',
  'transfer\\.(menu|states|steps)',
  'system\\.(operations\\.resources|dictionaries\\.colours|recycleBin\\.resources)',
]

describe('messages', () => {
  it('have the same keys in both languages', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
  })

  it.each([...english.keys()])('%s takes the same values and is not empty', (key) => {
    expect(placeholders(chinese.get(key) ?? '')).toEqual(placeholders(english.get(key) ?? ''))
    expect(english.get(key)).not.toBe('')
    expect(chinese.get(key)).not.toBe('')
  })

  it('use Chinese punctuation in Chinese sentences', () => {
    const wrong = [...chinese].filter(([, text]) => /[\u4e00-\u9fff][,:;!?()]/.test(text))
    expect(wrong).toEqual([])
  })

  it('exist for every key that the sources name, and for no other', () => {
    const sources = import.meta.glob<string>(['../../**/*.vue', '../../**/*.ts', '!../../**/*.spec.ts'], {
      query: '?raw',
      import: 'default',
      eager: true,
    })
    // In double quotes stand the attributes of templates, such as `:rows="list.rows"`; keys are in single ones.
    const named = Object.values(sources).flatMap((text) =>
      [...text.matchAll(/['`]((?:app|list|layout|theme|notFound|forbidden|unreachable|noRole|errors|jobErrors|chat|iam|images|jobs|notify|sheets|system|transfer|upstreams)(?:\.\w+)+)['`]/g)].map(
        ([, key]) => key ?? '',
      ),
    )
    expect(named.length).toBeGreaterThan(60)
    // Kinds of jobs are written like keys.
    const kinds: readonly string[] = jobKinds
    expect(named.filter((key) => !english.has(key) && !kinds.includes(key))).toEqual([])

    // Keys that are built while running: codes, themes, parts of the day, names of checks.
    const built = new RegExp(`^(${BUILT.join('|')})\\.`)
    const alone = /^system\.dashboard\.(morning|afternoon|evening)$/
    const unused = [...english.keys()].filter((key) => !named.includes(key) && !built.test(key) && !alone.test(key))
    expect(unused).toEqual([])
  })
})

describe('preferredLocale', () => {
  it.each([
    [['zh-TW', 'en'], 'zh-CN'],
    [['zh'], 'zh-CN'],
    [['fr', 'en-GB', 'zh-CN'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ])('%s', (languages, locale) => {
    localStorage.clear()
    expect(preferredLocale(languages)).toBe(locale)
  })

  it('is the choice of the person before that of the browser, if it is one', () => {
    localStorage.setItem('groundwork.locale', 'zh-CN')
    expect(preferredLocale(['en'])).toBe('zh-CN')
    localStorage.setItem('groundwork.locale', 'tlh')
    expect(preferredLocale(['en'])).toBe('en')
  })
})
