module.exports = async () => {
  await globalThis.stopServer?.()
}
