// Runs an action for each line: `["name", {"argument": …}]`. The answer is a line, too: `> {"gave": …}`, or
// `> {"failed": "…"}` with what the client says of an error.
const { createInterface } = require('node:readline')

module.exports = (actions) => {
  const say = (answer) => process.stdout.write(`> ${JSON.stringify(answer)}\n`)
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [name, given] = JSON.parse(line)
    try {
      say({ gave: (await actions[name](given)) ?? null })
    } catch (error) {
      say({ failed: String(error.message) })
    }
  })
}
