word = 'one'
