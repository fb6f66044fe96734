/** Text that comes in pieces: whoever reads gets all of it, from the first. */
export class Output implements AsyncIterable<string> {
  readonly #pieces: string[] = []
  #isEnded = false
  #wake: () => void = () => {}

  push(piece: string): void {
    this.#pieces.push(piece)
    this.#wake()
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    for (;;) {
      const piece = this.#pieces.shift()
      if (piece !== undefined) yield piece
      else if (this.#isEnded) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}
