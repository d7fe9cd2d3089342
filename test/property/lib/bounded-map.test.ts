// The bounded map against the simplest map that could be right.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBoundedMap } from '../../../src/lib/bounded-map.ts'

const step = fc.record({ act: fc.constantFrom('get', 'set', 'set', 'set', 'delete', 'clear', 'peek'), key: fc.nat(6) })

test('equals a list kept in order of use', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
      const map = createBoundedMap<number, number>(limit)
      let model: [number, number][] = []
      const without = (key: number) => model.filter(([other]) => other !== key)
      steps.forEach(({ act, key }, n) => {
        const found = model.find(([other]) => other === key)
        if (act === 'clear') model = []
        if (act === 'delete') model = without(key)
        if (act === 'get' && found) model = [...without(key), found]
        if (act === 'set') model = [...without(key), [key, n] as [number, number]].slice(-limit)
        const result = act === 'set' ? map.set(key, n) : act === 'clear' ? map.clear() : map[act as 'get'](key)
        if (act === 'get' || act === 'peek') expect(result).toBe(found?.[1])
        expect([...map.entries()]).toEqual(model)
        expect(map.size).toBe(model.length)
      })
    }),
  )
})
