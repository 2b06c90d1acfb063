"""What a script logs as what JSON can carry: numbers, params, plain objects, with secrets masked."""
