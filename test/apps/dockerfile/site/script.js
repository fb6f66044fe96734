document.querySelector('#alive').textContent = `scripted ${document.querySelector('#word').textContent}`
