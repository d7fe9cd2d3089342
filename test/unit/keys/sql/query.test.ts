import { describe, expect, test } from 'vitest'
import { compileQuery, queryProblem, valuesOf } from '../../../../src/keys/sql/query.ts'

const inner = (query: string) => {
  const compiled = compileQuery(query)
  if (typeof compiled === 'string') throw new Error(compiled)
  return compiled.text.replace(/^SELECT \* FROM \(\n/, '').replace(/\n\) AS answer LIMIT 2$/, '')
}

describe('placeholders become parameters', () => {
  test.each([
    ['SELECT 1 FROM k WHERE t = %{key}', 'SELECT 1 FROM k WHERE t = ($1::text)'],
    ['SELECT 1 WHERE %{key}=%{key}AND 1=1', 'SELECT 1 WHERE ($1::text)=($1::text)AND 1=1'],
    ['select %{route}, %{key}, %{route}', 'select ($1::text), ($2::text), ($1::text)'],
    ['SELECT 7 %2, %{key}::uuid', 'SELECT 7 %2, ($1::text)::uuid'],
    ['WITH a AS (SELECT 1) SELECT %{key} ; -- done', 'WITH a AS (SELECT 1) SELECT ($1::text)  -- done'],
    ['\n-- first\n/* a /* b */ c */ SELECT %{key}', '\n-- first\n/* a /* b */ c */ SELECT ($1::text)'],
    [
      "SELECT 'a;b', E'it\\'s;', \"c;d\", $$e;f$$, $x$;$$;$x$, %{key}",
      "SELECT 'a;b', E'it\\'s;', \"c;d\", $$e;f$$, $x$;$$;$x$, ($1::text)",
    ],
    ["SELECT 'it''s;' , %{key}", "SELECT 'it''s;' , ($1::text)"],
    ["SELECT a$b$c, %{key}, 'e$b$'", "SELECT a$b$c, ($1::text), 'e$b$'"],
  ])('%j', (query, text) => expect(inner(query)).toBe(text))

  test('the values stand in their order', () => {
    const compiled = compileQuery('SELECT %{client}, %{sender}, %{key}, %{recipient}, %{mailbox}, %{route}, %{key}')
    if (typeof compiled === 'string') throw new Error(compiled)
    const query = { mailbox: 'm', route: 'r', key: 'k', recipient: 'a@b', sender: '', client: null, at: 0 }
    expect(valuesOf(compiled, query)).toEqual([null, '', 'k', 'a@b', 'm', 'r'])
  })
})

describe('what is wrong with a query', () => {
  test.each([
    ['', /begins with SELECT or WITH/],
    ['   -- SELECT', /begins with SELECT or WITH/],
    ['DELETE FROM k WHERE t = %{key}', /begins with SELECT or WITH/],
    ['UPDATE k SET t = %{key}', /begins with/],
    ['selected %{key}', /begins with/],
    ['(SELECT %{key})', /begins with/],
    ["'SELECT' %{key}", /begins with/],
    ['SELECT 1', /no %\{key\}/],
    ['SELECT %{sender}', /no %\{key\}/],
    ["SELECT '%{key}'", /inside quotes or a comment/],
    ["SELECT %{key}, '%{route}'", /inside quotes or a comment/],
    ['SELECT "%{key}"', /inside quotes/],
    ["SELECT E'\\'%{key}'", /inside quotes/],
    ['SELECT $$%{key}$$', /inside quotes/],
    ['SELECT $a$%{key}$a$', /inside quotes/],
    ['SELECT 1 -- %{key}', /inside quotes or a comment/],
    ['SELECT 1 /* %{key} */', /inside quotes or a comment/],
    ['SELECT %{key}; SELECT 2', /something behind the semicolon/],
    ['SELECT %{key};;', /something behind/],
    ['SELECT %{key}; DROP TABLE k', /something behind/],
    ['SELECT %{key} WHERE a = $1', /written %\{key\}, not \$1/],
    ['SELECT %{Key}', /there is no %\{Key\}: there are %\{key\}, %\{mailbox\}/],
    ['SELECT %{ key }', /there is no %\{ key \}/],
    ['SELECT %{key}, %{__proto__}', /there is no/],
    ['SELECT %{}', /there is no %\{\}/],
    ["SELECT %{key}, 'a", /quote in the query doesn’t end/],
    ["SELECT %{key}, e'a\\'", /quote in the query doesn’t end/],
    ['SELECT %{key}, "a', /quote in the query/],
    ['SELECT %{key}, $a$ $b$', /quote in the query/],
    ['SELECT %{key} /* /* */', /comment in the query/],
    ['SELECT %{key}\0', /NUL/],
  ])('%j', (query, problem) => expect(queryProblem(query)).toMatch(problem))

  test('20,000 characters are a query, one more is too much', () => {
    const query = (length: number) => 'SELECT %{key}'.padEnd(length)
    expect(queryProblem(query(20_000))).toBeNull()
    expect(queryProblem(query(20_001))).toMatch(/at most 20000 characters/)
  })
})
